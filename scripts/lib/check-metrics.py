"""Says which metrics of the code stand in no document, and which words of dashboard, alerts and documents are none."""
import json
import pathlib
import re
import subprocess
import sys

NAME = r"(?:kpipe|workqueue|rest_client|leader_election)_[a-z_]*[a-z]"
code = {}
for file in pathlib.Path("Sources").rglob("*.swift"):
    for line in file.read_text().splitlines():
        for name in re.findall(rf'"({NAME})"', line):
            code[name] = file
# `kpipe_container_\(name)` and the like: what begins so is one.
prefixes = {
    found for file in pathlib.Path("Sources").rglob("*.swift") for found in re.findall(r'"(kpipe_[a-z_]+_)\\\(', file.read_text())
}
documents = {path: pathlib.Path(path).read_text() for path in subprocess.run(
    ["git", "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout.split()}
dashboard = pathlib.Path("manifests/chart/files/dashboard.json").read_text()
json.loads(dashboard)
used = {"dashboard.json": dashboard, "alerts.yaml": pathlib.Path("manifests/chart/files/alerts.yaml").read_text()} | documents
problems = []


def is_documented(name):
    for text in documents.values():
        if name in text:
            return True
        # `kpipe_informer_relists_total`, `…_failures_total`
        for short in re.findall(r"`…(_[a-z_]+)`", text):
            if name.endswith(short):
                return True
    return False


for name, file in sorted(code.items()):
    if not is_documented(name):
        problems.append(f"{file}: {name} stands in no document")
for place, text in used.items():
    for name in sorted(set(re.findall(rf"\b({NAME})\b", text))):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        if base in code or name in code or any(name.startswith(prefix) for prefix in prefixes):
            continue
        if place in documents and any(known.startswith(name) for known in [*code, *prefixes]):
            continue
        problems.append(f"{place}: there is no metric {name}")
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
