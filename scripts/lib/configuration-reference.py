"""Renders a JSON Schema as the reference part of docs/configuration.md (Markdown on standard output)."""
import json
import re
import sys

PATTERNS = {"ms|s|m|h|d": "duration (`90s`, `1h30m`)", "KiB|MiB": "size (`32MiB`)", "{64}": "64 hex digits"}


def kind(schema):
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "integer":
        return f"{schema['minimum']} to {schema['maximum']}"
    if schema["type"] == "boolean":
        return "`true` \\| `false`"
    if schema["type"] == "object":
        return "name: value"
    if schema["type"] == "array":
        return f"list of {kind(schema['items'])}s"
    return next((name for part, name in PATTERNS.items() if part in schema.get("pattern", "")), "text")


def default(name, schema, required):
    if name in required:
        return "**required**"
    value = schema.get("default")
    return "" if value in (None, "", [], {}) else f"`{json.dumps(value) if isinstance(value, bool) else value}`"


def variable(path):
    words = re.sub("([A-Z])", r"_\1", path.replace(".", "_"))
    return f"`KPIPE_{words.upper()}`"


def table(schema, prefix, variables):
    required = schema.get("required", [])
    head = ["field", "value", "default"] + (["variable"] if variables else []) + ["meaning"]
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for name, field in schema["properties"].items():
        if "properties" in field or "properties" in field.get("items", {}):
            continue
        row = [f"`{prefix}{name}`", kind(field), default(name, field, required)]
        row += [variable(prefix + name)] if variables else []
        print("| " + " | ".join(row + [field["description"]]) + " |")
    print()


def section(title, schema, prefix, variables, text):
    print(f"### {title}\n\n{text}\n")
    table(schema, prefix, variables)


root = json.load(sys.stdin)
for name, field in root["properties"].items():
    if "items" in field and "properties" in field["items"]:
        section(f"`{name}[]`", field["items"], "", False, field["description"])
    elif "properties" in field:
        section(f"`{name}`", field, f"{name}.", True, field["description"])
section("Single fields", root, "", True, "At the top of the document.")
