"""Lints and renders the chart with Helm's own library, and says where it is not what `render install` makes.

  check-chart.py KPIPE-SIDECAR     the program whose output is the measure

Each case is a set of values and the options of `render install` that mean the same. The Namespace is left out: Helm makes
it itself (--create-namespace).
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import helm_python
import jsonschema
import yaml

program = sys.argv[1]
chart = helm_python.Chart.load("manifests/chart")
namespace = "kpipe-system"
problems = []

AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
LADDERS = {"ladder": ["http", "image"], "quitVia": "proxy"}
CERT_MANAGER = {"webhook": {"certificates": "cert-manager", "service": "hook", "secret": "s", "port": 8443, "deadline": "5s",
                            "hosts": ["hook.example", "10.0.0.7", "fd00::7"]}}

# values, options, configuration, file of --client-ca
CASES = {
    "default": ({}, [], None),
    "node agent": ({"nodeAgent": {"enabled": True}}, ["--node-agent"], None),
    "high availability": (
        {"replicas": 3, "apiServerCIDRs": ["10.0.0.10/32", "fd00::1/128"], "serviceMonitor": {"enabled": True}},
        ["--replicas", "3", "--api-server-cidr", "10.0.0.10/32", "--api-server-cidr", "fd00::1/128", "--service-monitor"],
        None,
    ),
    "one namespace": ({"onlyNamespace": "data"}, ["--only-namespace", "data"], None),
    "a namespace that looks like a number": ({"onlyNamespace": "123"}, ["--only-namespace", "123"], None),
    "a namespace that looks like null": (
        {"onlyNamespace": "null", "nodeAgent": {"enabled": True}}, ["--only-namespace", "null", "--node-agent"], None,
    ),
    "all of it commented out": ({"configuration": None, "onlyNamespace": None}, [], None),
    "one namespace with node agent": (
        {"onlyNamespace": "data", "nodeAgent": {"enabled": True, "criSocket": "/run/crio/crio.sock"}},
        ["--only-namespace", "data", "--node-agent", "--cri-socket", "/run/crio/crio.sock"], None,
    ),
    "without webhook": ({"webhook": {"enabled": False}}, ["--no-webhook"], None),
    "ladders": ({"configuration": LADDERS}, [], LADDERS),
    "exit image": ({"configuration": {"exitImage": "ours:1"}}, [], {"exitImage": "ours:1"}),
    "kruise": ({"kruise": True}, ["--kruise"], None),
    "ladders of a marker": (
        {"configuration": {"ladder": ["hold"], "markers": [{"name": "x", "ladder": ["exec"]}],
                           "sidecars": [{"names": ["a"], "ladder": ["crr"]}]}, "kruise": True},
        ["--kruise"],
        {"ladder": ["hold"], "markers": [{"name": "x", "ladder": ["exec"]}], "sidecars": [{"names": ["a"], "ladder": ["crr"]}]},
    ),
    "cert-manager": ({"configuration": CERT_MANAGER}, [], CERT_MANAGER),
    "client authority": ({"webhook": {"clientAuthority": AUTHORITY}}, ["--client-ca", "CA"], None),
    "images": (
        {"image": {"repository": "kpipe-sidecar", "tag": "1"}, "exitImage": {"repository": "kpipe-exit", "digest": "sha256:" + "0" * 64},
         "registry": "r.example/m"},
        ["--image", "r.example/m/kpipe-sidecar:1", "--exit-image", "r.example/m/kpipe-exit@sha256:" + "0" * 64], None,
    ),
}

# What is refused, and the words that have to be said of it.
REFUSED = [
    ({"replicas": 0}, "replicas"),
    ({"replica": 3}, "replica"),
    ({"webhook": {"enabled": "yes"}}, "/webhook/enabled"),
    ({"apiServerCIDRs": ["10.0.0.1"]}, "/apiServerCIDRs/0"),
    ({"image": {"digest": "sha256:short"}}, "/image/digest"),
    ({"nodeAgent": {"enabled": True}, "configuration": {"nodeAgent": False}}, "would ask nothing of it"),
    ({"configuration": {"webhook": {"deadline": "300ms"}}}, "whole seconds"),
    ({"configuration": {"webhook": {"deadline": 3}}}, "whole seconds"),
    ({"image": None}, "image"),
    ({"nodeAgent": None}, "nodeAgent"),
]


def documents(text):
    """By kind, namespace and name."""
    found = {}
    for document in yaml.safe_load_all(text):
        if not document or document["kind"] == "Namespace":
            continue
        if document["kind"] == "ConfigMap" and "terminator.yaml" in document.get("data", {}):
            document["data"]["terminator.yaml"] = yaml.safe_load(document["data"]["terminator.yaml"])
        key = (document["kind"], document["metadata"].get("namespace", ""), document["metadata"]["name"])
        if key in found:
            problems.append(f"{key} twice")
        found[key] = document
    return found


def differences(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys(), key=str):
            yield from differences(one.get(key), other.get(key), f"{path}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other)):
            yield from differences(a, b, f"{path}/{index}")
    elif one != other:
        yield f"{path}: render install has {json.dumps(one)}, the chart {json.dumps(other)}"


def rendered(values):
    made = chart.render(values, name="kpipe", namespace=namespace)
    return "\n---\n".join(text for path, text in made.items() if "/tests/" not in path and not path.endswith("NOTES.txt"))


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    (folder / "CA").write_text(AUTHORITY)
    for name, (values, options, configuration) in CASES.items():
        options = [str(folder / "CA") if option == "CA" else option for option in options]
        if configuration:
            (folder / "c.yaml").write_text(yaml.safe_dump(configuration))
            options += ["--config", str(folder / "c.yaml")]
        installed = subprocess.run([program, "render", "install", *options], capture_output=True, text=True)
        if installed.returncode:
            problems.append(f"{name}: render install {' '.join(options)}: {installed.stderr.strip()}")
            continue
        ours, theirs = documents(installed.stdout), documents(rendered(values))
        for key in sorted(ours.keys() | theirs.keys()):
            problems += [f"{name}: {key}{line}" for line in differences(ours.get(key), theirs.get(key))]

# What the comparison does not reach, because `render install` has no word for it.
everything = {
    "imagePullSecrets": ["pull"], "priorityClassName": "high", "nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}}, "podAnnotations": {"x": "y"}, "reload": False, "podDisruptionBudgets": False,
    "networkPolicies": False, "image": {"pullPolicy": "Always"}, "nodeAgent": {"enabled": True, "nodeSelector": {"c": "d"}},
    "serviceMonitor": {"enabled": True, "labels": {"release": "p"}}, "prometheusRule": {"enabled": True, "labels": {"release": "p"}},
    "dashboard": {"enabled": True},
}
made = documents(rendered(everything))
for kind, absent in (("PodDisruptionBudget", True), ("NetworkPolicy", True), ("PrometheusRule", False), ("ServiceMonitor", False)):
    if any(key[0] == kind for key in made) == absent:
        problems.append(f"{kind}: {'there' if absent else 'missing'}")
for key, document in made.items():
    if key[0] not in ("Deployment", "DaemonSet"):
        continue
    pod = document["spec"]["template"]
    for want in ("imagePullSecrets", "priorityClassName", "nodeSelector", "tolerations"):
        if want not in pod["spec"]:
            problems.append(f"{key}: has no {want}")
    if pod["spec"]["containers"][0].get("imagePullPolicy") != "Always":
        problems.append(f"{key}: has no imagePullPolicy")
    if "checksum/configuration" not in pod["metadata"].get("annotations", {}):
        problems.append(f"{key}: has no checksum with reload: false")
json.loads(next(iter(d["data"].values() for k, d in made.items() if k[2] == "kpipe-dashboard")).__iter__().__next__())

for values, words in REFUSED:
    try:
        rendered(values)
        problems.append(f"{values} is not refused")
    except helm_python.HelmError as error:
        if words not in str(error):
            problems.append(f"{values}: refused without saying {words}: {error}")

findings = helm_python.lint("manifests/chart", namespace=namespace) if callable(helm_python.lint) else []
problems += [f"lint: {finding}" for finding in (findings.get("messages", []) if isinstance(findings, dict) else [])
             if finding["severity"] > 1]

schema = json.loads(pathlib.Path("manifests/chart/values.schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
values = yaml.safe_load(pathlib.Path("manifests/chart/values.yaml").read_text())


def paths(value, prefix=()):
    for key, inner in value.items():
        yield prefix + (key,)


unknown = {path for path in paths(values)} - {(name,) for name in schema["properties"]}
problems += [f"values.yaml: {'.'.join(path)} is not in the schema" for path in unknown]
templates = "\n".join(file.read_text() for file in pathlib.Path("manifests/chart/templates").rglob("*") if file.is_file())
for name, value in values.items():
    inner = [name] if not isinstance(value, dict) or name in ("configuration", "nodeSelector", "affinity", "podAnnotations") \
        else [f"{name}.{key}" for key in value]
    for path in inner:
        used = f".Values.{path}" in templates or f"$image.{path.split('.')[-1]}" in templates
        if not used:
            problems.append(f"values.yaml: no template uses {path}")

for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
