"""Google's own client, with its manager of many transfers: google-client.py SOURCE TARGET, of which one is gs://BUCKET/NAME.

A name that ends in / stands for all below it.
"""
import os
import sys

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage import transfer_manager

source, target = sys.argv[1:]
url = next(argument for argument in (source, target) if argument.startswith("gs://"))
bucket_name, name = url.removeprefix("gs://").split("/", 1)
# The emulator's address is in STORAGE_EMULATOR_HOST.
bucket = storage.Client(project="bench", credentials=AnonymousCredentials()).bucket(bucket_name)
threads = {"max_workers": 16, "worker_type": transfer_manager.THREAD}


def check(results):
    for result in results:
        if isinstance(result, Exception):
            raise result


if target.startswith("gs://") and target.endswith("/"):
    check(transfer_manager.upload_many_from_filenames(bucket, os.listdir(source), source_directory=source, blob_name_prefix=name, **threads))
elif target.startswith("gs://"):
    bucket.blob(name).upload_from_filename(source)
elif source.endswith("/"):
    os.makedirs(target, exist_ok=True)
    names = [blob.name.removeprefix(name) for blob in bucket.list_blobs(prefix=name)]
    check(transfer_manager.download_many_to_path(bucket, names, destination_directory=target, blob_name_prefix=name, **threads))
else:
    transfer_manager.download_chunks_concurrently(bucket.blob(name), target, **threads)
