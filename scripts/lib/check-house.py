"""Says where the sources leave the plan of docs/architecture.md. Run at the root of the repository.

- A target declares what it imports, and imports what it declares.
- An import goes up the table of targets in docs/architecture.md; the doors do not know each other.
- No type's name stands at the top level of two targets.
- A type is `public` only where a product's users or another target name it.
- `KPIPE_PLAIN` builds nothing that reaches into others' libraries.
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

SYSTEM = {
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Swift", "Synchronization", "Testing", "_Builtin_float",
}
DOORS = {"SidecarAgent", "Terminator", "Admission", "Render", "Entrypoint"}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?"
    r"import\s+(?:(?:struct|enum|class|func|protocol|typealias|let|var)\s+)?(\w+)",
    re.M,
)
TYPE = re.compile(
    r"^(?:@[\w()., :\"*-]+\s+)*((?:(?:public|package|internal|private|fileprivate|final|indirect|open|nonisolated)\s+)*)"
    r"(struct|class|enum|actor|protocol)\s+(\w+)",
    re.M,
)

root = pathlib.Path(".")


def dump(**variables):
    command = ["swift", "package", "dump-package"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, env=os.environ | variables).stdout)


package = dump()
products = {name for product in package["products"] if "library" in product["type"] for name in product["targets"]}
problems = []


def files(target):
    folder = root / (target.get("path") or f"{'Tests' if target['type'] == 'test' else 'Sources'}/{target['name']}")
    left_out = [folder / name for name in target.get("exclude", [])]
    return [
        file for file in sorted(folder.rglob("*.swift"))
        if "Embedded" not in file.parts and not any(folder == file or folder in file.parents for folder in left_out)
    ]


def without_comments(text):
    return re.sub(r"^\s*//.*$", "", text, flags=re.M)


declared, texts, tests = {}, {}, set()
for target in package["targets"]:
    found = {file: without_comments(file.read_text()) for file in files(target)} if target["type"] != "system" else {}
    if not found:
        continue
    texts[target["name"]] = found
    declared[target["name"]] = {value[0] for entry in target["dependencies"] for value in entry.values()}
    if pathlib.Path("Tests") in next(iter(found)).parents:
        tests.add(target["name"])

# 1. Dependencies and imports. A name that no target declares is no module of ours: a word in a text.
known = set(texts).union(*declared.values()) | {target["name"] for target in package["targets"]}
imports = {}
for name, found in texts.items():
    imports[name] = set().union(*(IMPORT.findall(text) for text in found.values())) & known - SYSTEM - {name}
    for other in sorted(declared[name] - imports[name]):
        if not other.startswith("Embedded") and other.isidentifier():
            problems.append(f"Package.swift: {name} declares {other} and never imports it")
    for other in sorted(imports[name] - declared[name]):
        problems.append(f"Package.swift: {name} imports {other} and does not declare it")

# 2. Arrows.
plan = pathlib.Path("docs/architecture.md").read_text()
rows = re.findall(r"^\| ((?:`[\w-]+`[ ,]*)+) \|", plan, re.M)
order = {name: place for place, row in enumerate(rows) for name in re.findall(r"`([\w-]+)`", row)}
sources = [name for name in texts if name not in tests]
for name in sources:
    if name not in order:
        problems.append(f"docs/architecture.md: the table of targets has no row for {name}")
        continue
    for other in sorted(imports[name] & set(sources)):
        if order.get(other, -1) >= order[name]:
            problems.append(f"{name} imports {other}, which stands below it in docs/architecture.md")
        if name in DOORS and other in DOORS:
            problems.append(f"{name} imports {other}: what they share belongs above both")

# 3. and 4. Names.
homes, public = collections.defaultdict(set), []
for name in sources:
    for file, text in texts[name].items():
        for access, _, word in TYPE.findall(text):
            if "private" in access:
                continue
            homes[word].add(name)
            if re.search(r"\b(public|open)\b", access):
                public.append((name, word, file))
for word, where in sorted(homes.items()):
    if len(where) > 1:
        problems.append(f"the type {word} stands in {', '.join(sorted(where))}")
for name, word, file in public:
    if name in products:
        continue
    mention = re.compile(rf"\b{word}\b")
    if not any(mention.search(text) for other in sources if other != name for text in texts[other].values()):
        problems.append(f"{file}: {word} is public, and no other target names it")

# 5. The way back (docs/decisions).
plain = {target["name"]: json.dumps(target) for target in dump(KPIPE_PLAIN="1")["targets"]}
for target, word in (("kpipe-sidecar", "FoundationStandIn"), ("kpipe-sidecar", "LinkedStatically"), ("kpipe-sidecar", "-use-ld")):
    if word in plain[target]:
        problems.append(f"Package.swift: with KPIPE_PLAIN {target} still has {word}")
if '"exclude": ["dispatch.c"]' not in plain["CIdle"] or "KPIPE_PLAIN" not in plain["CIdle"]:
    problems.append("Package.swift: with KPIPE_PLAIN CIdle still reaches into libdispatch")

print(*problems, sep="\n")
sys.exit(bool(problems))
