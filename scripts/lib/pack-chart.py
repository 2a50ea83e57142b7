"""Packs the chart for a release: its version, and images pinned by digest; the same bytes each time.

  pack-chart.py CHART DIST VERSION REGISTRY SIDECAR-DIGEST EXIT-DIGEST
"""
import fnmatch
import io
import os
import pathlib
import re
import sys
import tarfile
import zlib

chart, dist, version, registry, sidecar, exit_image = sys.argv[1:]
epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
root = pathlib.Path(chart)
ignored = (root / ".helmignore").read_text().split()


def once(pattern, replacement, text):
    text, count = re.subn(pattern, replacement, text, flags=re.M)
    if count != 1:
        sys.exit(f"{pattern} stands {count} times in the chart")
    return text


def content(path, text):
    if path == "Chart.yaml":
        return once(r"^appVersion: .*", f"appVersion: {version}", once(r"^version: .*", f"version: {version}", text))
    if path == "values.yaml":
        text = once(r'(repository: )kpipe-sidecar, tag: "", digest: ""', rf'\g<1>{registry}/kpipe-sidecar, tag: "", digest: "{sidecar}"', text)
        return once(r'(repository: )kpipe-exit, tag: "", digest: ""', rf'\g<1>{registry}/kpipe-exit, tag: "", digest: "{exit_image}"', text)
    return text


plain = io.BytesIO()
with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
    for file in sorted(root.rglob("*")):
        path = str(file.relative_to(root))
        if not file.is_file() or any(fnmatch.fnmatch(file.name, pattern) for pattern in ignored):
            continue
        data = content(path, file.read_text()).encode()
        entry = tarfile.TarInfo(f"kpipe-sidecar/{path}")
        entry.size, entry.mtime, entry.mode = len(data), epoch, 0o644
        archive.addfile(entry, io.BytesIO(data))
packer = zlib.compressobj(9, zlib.DEFLATED, 31)
(pathlib.Path(dist) / f"kpipe-sidecar-{version}.tgz").write_bytes(packer.compress(plain.getvalue()) + packer.flush())
