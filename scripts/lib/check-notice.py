"""Says which linked libraries and packages NOTICE does not name, and what is linked statically that may not be.

usage: check-notice.py PROGRAM...      the built programs
"""
import json
import pathlib
import re
import subprocess
import sys

# Stand-ins take their places in the image: docs/decisions/library-stand-ins.md.
STAND_INS = ("libldap", "liblber", "librtmp", "libgssapi_krb5", "libssh2", "libpsl")
# Debian's static archives under the GPL or LGPL, none of which may be among those that Package.swift links.
NOT_STATIC = ("nettle", "hogweed", "gmp", "gnutls", "idn2", "unistring", "readline")

notice = pathlib.Path("NOTICE").read_text()
named = {name for line in re.findall(r"^    files: +(.*)$", notice, re.M) for name in line.split()}
problems = []


def needed(program):
    """What it loads, without what only the stand-ins' originals load."""
    seen, waiting = set(), [program]
    while waiting:
        dump = subprocess.run(["objdump", "-p", waiting.pop()], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"NEEDED +(\S+)", dump):
            if library in seen or library.startswith(STAND_INS):
                continue
            seen.add(library)
            path = places.get(library)
            if path:
                waiting.append(path)
    return seen


def is_named(library):
    base = re.sub(r"(-[\d.]+)?\.so[\d.]*$", "", library)
    return base in named or library.split(".so")[0] in named or any(
        name.endswith("*") and base.startswith(name[:-1]) for name in named)


def swift_package(*arguments):
    return json.loads(subprocess.run(["swift", "package", *arguments], capture_output=True, check=True).stdout)


loaded = set()
for program in sys.argv[1:]:
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    places = dict(re.findall(r"(\S+) => (\S+)", listed))
    libraries = needed(program)
    loaded |= libraries
    problems += [f"NOTICE does not name {library}, which {pathlib.Path(program).name} loads"
                 for library in sorted(libraries) if not is_named(library)]

# Archives that are named as such, and libraries that are linked and that no program loads: there was but an archive.
settings = [value["kind"] for target in swift_package("dump-package")["targets"] for value in target["settings"]
            if value["tool"] == "linker" and target["type"] != "test"]
words = " ".join(word for kind in settings for word in kind.get("unsafeFlags", {}).get("_0", []))
static = set(re.findall(r"(?:/|-l:)lib([\w+.-]+)\.a(?!\S)", words))
linked = {kind["linkedLibrary"]["_0"] for kind in settings if "linkedLibrary" in kind} | set(re.findall(r"(?<!\S)-l(\w+)", words))
for module in pathlib.Path("Sources").glob("*/module.modulemap"):
    linked |= set(re.findall(r'link "([^"]+)"', module.read_text()))
static |= {name for name in linked if not any(library.startswith(f"lib{name}") for library in loaded)}
for library in sorted(static):
    if not is_named(f"lib{library}"):
        problems.append(f"NOTICE does not name lib{library}, which is linked statically")
    if library in NOT_STATIC:
        problems.append(f"Package.swift links lib{library} statically, which is under the GPL or LGPL")

dependencies = swift_package("show-dependencies", "--format", "json")


def packages(node):
    for child in node["dependencies"]:
        yield child["identity"]
        yield from packages(child)


problems += [f"NOTICE does not name the package {name}"
             for name in sorted(set(packages(dependencies)) - named)]
print(*problems, sep="\n")
sys.exit(bool(problems))
