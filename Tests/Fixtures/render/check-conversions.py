"""Compares texts before and after a conversion: the trees by PyYAML, and the lines that had to stay.

usage: check-conversions.py FILE        a line of FILE is the JSON list [name, before, after]
"""
import json
import sys

import yaml

MARKER = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def intended(document):
    """The tree that a conversion has to lead to, written down a second time."""
    spec = document["spec"]
    marked = [c for c in spec["containers"] if any(e["name"] == MARKER for e in c.get("env", []))]
    if not marked or len(marked) == len(spec["containers"]):
        return document
    for container in marked:
        container["env"] = [e for e in container["env"] if e["name"] != MARKER]
        if not container["env"]:
            del container["env"]
        container["restartPolicy"] = "Always"
    spec["containers"] = [c for c in spec["containers"] if c not in marked]
    spec["initContainers"] = spec.get("initContainers", []) + marked
    return document


def is_subsequence(some, all_of):
    rest = iter(all_of)
    return all(line in rest for line in some)


def lines(text):
    return text.split("\n")


refused = 0
conversions = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
for number, before, after in conversions:
    olds, news = (list(yaml.load_all(text, LOADER)) for text in (before, after))
    assert len(olds) == len(news), number
    for old, new in zip(olds, news):
        unchanged = old == new
        expected = intended(old)
        if unchanged and new != expected:
            refused += 1
            continue
        assert new == expected, f"{number}: {new} is not {expected}"
    # Every line is an old one, but for those that a conversion writes; moved ones may be indented anew.
    written = ("restartPolicy: Always", "initContainers:", "")
    old_lines = {line.strip() for line in lines(before)}
    for line in lines(after):
        assert line.strip() in old_lines or line.strip() in written, f"{number}: {line!r} is new"
    # What stands outside the lists of containers is there in its order, to the byte.
    def outside(text):
        kept, inside = [], False
        for line in lines(text):
            word = line.strip()
            if word.startswith(("containers:", "initContainers:")):
                inside = True
            elif word.startswith(("volumes:", "---", "...", "apiVersion:")):
                inside = False
            elif not inside or word == "# the containers":
                kept.append(line)
        return kept
    assert is_subsequence(outside(after), lines(before)) and len(outside(after)) == len(outside(before)), number
assert refused <= len(conversions) // 20, f"{refused} documents of {len(conversions)} streams were refused"
print(f"ok: {len(conversions)} streams, {refused} documents refused")
