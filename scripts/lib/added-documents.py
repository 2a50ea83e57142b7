"""Prints the YAML documents of the second file that are not in the first, as they stand.

  added-documents.py BASE MORE [KIND/NAME…]     without those of that kind and name, which a patch changes
"""
import pathlib
import re
import sys


def documents(path):
    return pathlib.Path(path).read_text().split("---\n")


def name(document):
    kind = re.search(r"^kind: (\S+)", document, re.M)
    named = re.search(r"^metadata:\n(?:  .*\n)*?  name: (\S+)", document, re.M)
    return f"{kind.group(1)}/{named.group(1)}"


base = set(documents(sys.argv[1]))
print("---\n".join(d for d in documents(sys.argv[2]) if d not in base and name(d) not in sys.argv[3:]), end="")
