"""Makes an OCI archive of a docker-archive of one layer, and prints the digest by which a registry will know the image.

  oci-archive.py DOCKER.tar OCI.tar TAG

The layer is compressed here, with a fixed header, so that the digest is known before anything is pushed.
"""
import hashlib
import io
import json
import os
import sys
import tarfile
import zlib

source, target, tag = sys.argv[1:]
epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def gzipped(data):
    """As gzip, without a time or a name."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


with tarfile.open(source) as archive:
    listed = json.load(archive.extractfile("manifest.json"))[0]
    config = archive.extractfile(listed["Config"]).read()
    layer = gzipped(archive.extractfile(listed["Layers"][0]).read())

blobs = {}


def blob(data, kind):
    digest = hashlib.sha256(data).hexdigest()
    blobs[digest] = data
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}


manifest = compact({
    "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": blob(config, "application/vnd.oci.image.config.v1+json"),
    "layers": [blob(layer, "application/vnd.oci.image.layer.v1.tar+gzip")],
})
described = blob(manifest, "application/vnd.oci.image.manifest.v1+json")
platform = json.loads(config)
index = compact({
    "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
    "manifests": [described | {
        "platform": {"architecture": platform["architecture"], "os": platform["os"]},
        "annotations": {"org.opencontainers.image.ref.name": tag},
    }],
})
files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index}
files |= {f"blobs/sha256/{digest}": data for digest, data in blobs.items()}
with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as archive:
    for name in sorted(files):
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = len(files[name]), epoch, 0o644
        archive.addfile(entry, io.BytesIO(files[name]))
print(described["digest"])
