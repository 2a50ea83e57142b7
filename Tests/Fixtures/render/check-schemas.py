"""Validates manifests by kubernetes-validate and by the OpenAPI documents of a real API server, unknown fields refused.

usage: check-schemas.py OPENAPI-FOLDER FILE...
Prints a line for each problem; `ok: N objects` where there is none. Objects of kinds that neither knows are passed over.
"""
import gzip
import json
import sys
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml

VERSION = "1.36"
PREFIX = "#/components/schemas/"


def closed(schema):
    """Fields that a schema does not name are refused, and what the server allows for any value is said plainly."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(part) for name, part in schema.items()}
    if "properties" in schema and "additionalProperties" not in schema:
        result["additionalProperties"] = False
    # A server takes numbers where it documents the texts of quantities.
    if schema.get("format") == "int-or-string":
        result = {"type": ["integer", "string"]}
    return result


def validators(folder):
    found = {}
    for path in sorted(Path(folder).glob("*.json.gz")):
        document = json.loads(gzip.open(path).read())
        schemas = closed(document["components"]["schemas"])
        for name in schemas:
            if name.endswith("resource.Quantity"):
                schemas[name] = {"type": ["string", "number"]}
        root = {"components": {"schemas": schemas}}
        for name, schema in document["components"]["schemas"].items():
            for kind in schema.get("x-kubernetes-group-version-kind", []):
                version = "/".join(part for part in (kind["group"], kind["version"]) if part)
                found.setdefault((version, kind["kind"]), jsonschema.Draft202012Validator({**root, "$ref": PREFIX + name}))
    return found


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Times stay texts, as in Kubernetes' reader."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def objects(document):
    if isinstance(document, dict) and str(document.get("kind", "")).endswith("List") and "items" in document:
        for item in document["items"]:
            yield from objects(item)
    elif document is not None:
        yield written(document)


def written(value):
    """Without null, which a server takes for a field left out."""
    if isinstance(value, dict):
        return {name: written(part) for name, part in value.items() if part is not None}
    return [written(part) for part in value] if isinstance(value, list) else value


known = validators(sys.argv[1])
problems, count = [], 0
for name in sys.argv[2:]:
    with open(name, encoding="utf-8-sig") as file:
        documents = [item for document in yaml.load_all(file, Loader) for item in objects(document)]
    for item in documents:
        validator = known.get((item.get("apiVersion"), item.get("kind")))
        if validator is None:
            continue
        count += 1
        for error in validator.iter_errors(item):
            problems.append(f"{name}: {error.json_path}: {error.message[:200]}")
        try:
            kubernetes_validate.validate(item, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{name}: kubernetes-validate: {'.'.join(map(str, error.path))}: {error.message[:200]}")
print(*(problems or [f"ok: {count} objects"]), sep="\n")
