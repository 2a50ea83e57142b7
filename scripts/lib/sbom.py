"""Prints an SPDX 2.3 document of what is really in the programs: our own code, the Swift packages at their versions, the
libraries that are linked statically, and those that are loaded and lie in the image.

  sbom.py BIN VERSION ARCHITECTURE
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

bin_folder, version, architecture = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
LICENSES = {
    "swift-": "Apache-2.0", "libarchive": "BSD-2-Clause", "liblzma": "0BSD", "libbz2": "bzip2-1.0.6", "zlib1g": "Zlib",
    "libzstd": "BSD-3-Clause", "libcurl": "curl", "libssl": "Apache-2.0", "libexpat": "MIT", "libyaml": "MIT",
    "libgcc": "GPL-3.0-or-later WITH GCC-exception-3.1", "libstdc++": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libc6": "LGPL-2.1-or-later", "libnghttp2": "MIT",
}
packages, relations = [], []


def run(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout


def identifier(text):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", text)


def add(name, number, how, license_name=None, locator=None):
    found = identifier(f"{name}-{number}")
    if any(package["SPDXID"] == found for package in packages):
        return
    declared = license_name or next((text for start, text in LICENSES.items() if name.startswith(start)), "NOASSERTION")
    package = {
        "SPDXID": found, "name": name, "versionInfo": number, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION", "licenseDeclared": declared, "copyrightText": "NOASSERTION",
    }
    if locator:
        package["externalRefs"] = [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}]
    packages.append(package)
    relations.append({"spdxElementId": identifier(f"kpipe-sidecar-{version}"), "relationshipType": how, "relatedSpdxElement": found})


def debian(path):
    """The package that a file belongs to; files move from /lib to /usr/lib without dpkg's knowing."""
    for place in (path, os.path.realpath(path), path.removeprefix("/usr"), f"*/{os.path.basename(os.path.realpath(path))}"):
        found = run("dpkg-query", "--search", place).split(":")[0].strip()
        if found:
            return found.split(",")[0]
    return None


def add_debian(package, how):
    number = run("dpkg-query", "--show", "--showformat=${Version}", package)
    add(package, number, how, locator=f"pkg:deb/debian/{package}@{number}?arch={architecture}")


programs = [bin_folder / name for name in ("kpipe-sidecar", "kpipe-entrypoint", "kpipe-exit")]
own = identifier(f"kpipe-sidecar-{version}")
packages.append({
    "SPDXID": own, "name": "kpipe-sidecar", "versionInfo": version, "downloadLocation": "https://github.com/k-pipe/kpipe-sidecar",
    "filesAnalyzed": False, "licenseConcluded": "MIT", "licenseDeclared": "MIT", "copyrightText": "NOASSERTION",
    "primaryPackagePurpose": "APPLICATION",
})
relations.append({"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": own})
compiler = re.search(r"Swift version (\S+)", run("swift", "--version"))
add("swift-runtime", compiler.group(1) if compiler else "unknown", "STATIC_LINK", "Apache-2.0 WITH Swift-exception")
for pin in json.loads(pathlib.Path("Package.resolved").read_text())["pins"]:
    add(pin["identity"], pin["state"].get("version", pin["state"]["revision"]), "STATIC_LINK",
        locator=f"pkg:swift/{pin['location'].removeprefix('https://').removesuffix('.git')}@{pin['state'].get('version', '')}")
manifest = pathlib.Path("Package.swift").read_text()
for name in re.findall(r'"(\w+)"', re.search(r"unsafeFlags\(\[(.*?)\]\.flatMap", manifest).group(1)):
    path = run("find", "/usr/lib", "-name", f"lib{name}.a").split("\n")[0]
    package = debian(path) if path else None
    if not package:
        sys.exit(f"lib{name}.a is linked, and no Debian package of this machine has it")
    add_debian(package, "STATIC_LINK")
for program in programs:
    for path in sorted(set(re.findall(r"(/\S+)", run("ldd", str(program))))):
        package = debian(path)
        # The Swift runtime of a build that is not static.
        if package:
            add_debian(package, "DYNAMIC_LINK")

seed = "".join(hashlib.sha256(program.read_bytes()).hexdigest() for program in programs)
print(json.dumps({
    "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"kpipe-sidecar-{version}-{architecture}",
    "documentNamespace": f"https://github.com/k-pipe/kpipe-sidecar/spdx/{version}/{hashlib.sha256(seed.encode()).hexdigest()}",
    "creationInfo": {"created": created, "creators": ["Tool: kpipe-sidecar-scripts-release"]},
    "packages": packages, "relationships": relations,
}, indent=1))
