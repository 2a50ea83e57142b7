"""Says what in the documents is not true: links that lead nowhere, configurations that the schema refuses.

usage: check-documents.py SCHEMA FILE...
"""
import json
import os
import re
import sys

import jsonschema
import yaml

with open(sys.argv[1]) as file:
    validator = jsonschema.Draft202012Validator(json.load(file))
wrong = []
for name in sys.argv[2:]:
    with open(name) as file:
        text = file.read()
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        if not os.path.exists(os.path.join(os.path.dirname(name), link)):
            wrong.append(f"{name}: there is no {link}")
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        document = yaml.safe_load(block)
        if "inputs" in document or "outputs" in document:
            wrong += [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(document)]
print(*wrong, sep="\n")
sys.exit(bool(wrong))
