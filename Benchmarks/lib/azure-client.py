"""Microsoft's own client: azure-client.py SOURCE TARGET, of which one is az://CONTAINER/NAME; a name that ends in / stands for all
below it. The account is in AZURE_STORAGE_CONNECTION_STRING.
"""
import concurrent.futures
import os
import sys

from azure.storage.blob import BlobServiceClient

source, target = sys.argv[1:]
url = next(argument for argument in (source, target) if argument.startswith("az://"))
container_name, name = url.removeprefix("az://").split("/", 1)
container = BlobServiceClient.from_connection_string(os.environ["AZURE_STORAGE_CONNECTION_STRING"]).get_container_client(container_name)


def upload(path, blob):
    with open(path, "rb") as file:
        container.upload_blob(blob, file, overwrite=True, max_concurrency=8)


def download(blob, path):
    with open(path, "wb") as file:
        container.download_blob(blob, max_concurrency=8).readinto(file)


def all_of(work, pairs):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(work, *pair) for pair in pairs]:
            done.result()


if target.startswith("az://") and target.endswith("/"):
    all_of(upload, [(f"{source}/{file}", name + file) for file in os.listdir(source)])
elif target.startswith("az://"):
    upload(source, name)
elif source.endswith("/"):
    os.makedirs(target, exist_ok=True)
    all_of(download, [(blob.name, f"{target}/{blob.name.removeprefix(name)}") for blob in container.list_blobs(name_starts_with=name)])
else:
    download(name, target)
