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


for program in sys.argv[1:]:
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    places = dict(re.findall(r"(\S+) => (\S+)", listed))
    problems += [f"NOTICE does not name {library}, which {pathlib.Path(program).name} loads"
                 for library in sorted(needed(program)) if not is_named(library)]

package = pathlib.Path("Package.swift").read_text()
static = re.findall(r'"(\w+)"', (re.findall(r"unsafeFlags\(\[(.*?)\]\.flatMap", package) or [""])[0])
for library in static:
    if f"lib{library}" not in named:
        problems.append(f"NOTICE does not name lib{library}, which is linked statically")
    if library in NOT_STATIC:
        problems.append(f"Package.swift links lib{library} statically, which is under the GPL or LGPL")

dependencies = json.loads(subprocess.run(
    ["swift", "package", "show-dependencies", "--format", "json"], capture_output=True, check=True).stdout)


def packages(node):
    for child in node["dependencies"]:
        yield child["identity"]
        yield from packages(child)


problems += [f"NOTICE does not name the package {name}"
             for name in sorted(set(packages(dependencies)) - named)]
print(*problems, sep="\n")
sys.exit(bool(problems))
