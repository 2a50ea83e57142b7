"""Prints the manifest for krew, with a platform for each archive of a folder, and refuses what krew would refuse:
https://github.com/kubernetes-sigs/krew, internal/index/validation and cmd/validate-krew-manifest.

  krew-manifest.py FOLDER VERSION     FOLDER holds kpipe-sidecar-VERSION-linux-ARCHITECTURE.tar.gz
"""
import hashlib
import pathlib
import re
import sys
import tarfile

folder, version = pathlib.Path(sys.argv[1]), sys.argv[2]
head, platform = (pathlib.Path(__file__).parent.parent.parent / "manifests/krew.yaml").read_text().split("  platforms:\n")
head = head[head.index("apiVersion:"):].replace("@VERSION@", version)
moved = dict(re.findall(r"\{from: (\S+), to: (\S+)\}", platform))
program = re.search(r"^    bin: (\S+)$", platform, re.M).group(1)


def refuse(why):
    sys.exit(f"krew would refuse this: {why}")


def filled(archive):
    architecture = re.fullmatch(rf"kpipe-sidecar-{re.escape(version)}-linux-(\w+)\.tar\.gz", archive.name).group(1)
    if architecture not in ("386", "amd64", "arm", "arm64", "ppc64le"):
        refuse(f"it knows no linux on {architecture}")
    with tarfile.open(archive) as packed:
        entries = {entry.name: entry for entry in packed}
    for name, entry in entries.items():
        if not (entry.isfile() or entry.isdir()) or name.startswith("/") or ".." in name.split("/"):
            refuse(f"{archive.name}: {name} is neither file nor folder, or lies outside")
    for name in moved:
        if name not in entries or not entries[name].isfile():
            refuse(f"{archive.name}: there is no file {name}")
    installed = {name.rsplit("/", 1)[-1]: entries[name] for name in moved}
    if program not in installed or not installed[program].mode & 0o111:
        refuse(f"{archive.name}: no program {program} is installed")
    if "LICENSE" not in installed:
        refuse(f"{archive.name}: no licence is installed")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return platform.replace("@VERSION@", version).replace("@ARCHITECTURE@", architecture).replace("@SHA256@", digest)


archives = sorted(folder.glob(f"kpipe-sidecar-{version}-linux-*.tar.gz"))
if not archives:
    refuse("there is no platform")
# semver.Parse of k8s.io/apimachinery, behind the v that krew demands.
if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?", version):
    refuse(f"v{version} is no version")
print(head + "  platforms:\n" + "".join(map(filled, archives)), end="")
