"""Builds base and overlays with kubectl's kustomize, validates each object, and says where an overlay is not what
`render install` makes.

  check-kustomize.py KPIPE-SIDECAR
"""
import pathlib
import subprocess
import sys

import kubernetes_validate
import yaml

program = sys.argv[1]
root = pathlib.Path("manifests/kustomize")
kubectl = str(pathlib.Path(sys.executable).parent / "kubectl")
# What the same options of `render install` make; None where it has no word for the difference.
SAME = {
    "base": ["--no-webhook"],
    "overlays/webhook": [],
    "overlays/node-agent": ["--no-webhook", "--node-agent"],
    "overlays/cert-manager": ["--config", str(root / "overlays/cert-manager/configuration.yaml")],
    "overlays/namespaced": ["--namespace", "data", "--only-namespace", "data"],
    "overlays/high-availability": None,
}
problems = []


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        problems.append(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def documents(text):
    found = {}
    for document in yaml.safe_load_all(text):
        key = (document["kind"], document["metadata"].get("namespace", ""), document["metadata"]["name"])
        found[key] = document
    return found


def meant(document):
    """With the files of a ConfigMap as what they say, however it is written."""
    if document and document["kind"] == "ConfigMap":
        return document | {"data": {name: yaml.safe_load(value) for name, value in document["data"].items()}}
    return document


folders = {str(file.parent.relative_to(root)) for file in root.rglob("kustomization.yaml")}
problems += [f"{folder} is in no list" for folder in sorted(folders ^ SAME.keys())]
for folder, options in SAME.items():
    built = documents(run(kubectl, "kustomize", str(root / folder)))
    for key, document in built.items():
        if "cert-manager.io" in document["apiVersion"]:
            continue
        try:
            kubernetes_validate.validate(document, "1.36", strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{folder}: {key}: {error.message}")
    if options is None:
        for key, document in built.items():
            if key[0] == "Deployment" and (document["spec"]["replicas"], document["spec"]["template"]["spec"]["priorityClassName"]) != (3, "system-cluster-critical"):
                problems.append(f"{folder}: {key}: not patched")
        continue
    made = documents(run(program, "render", "install", *options))
    for key in sorted(made.keys() | built.keys()):
        if meant(made.get(key)) != meant(built.get(key)):
            problems.append(f"{folder}: {key} is not what render install {' '.join(options)} makes")

for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
