#!/usr/bin/env python3
"""kube-schema.py API APIMACHINERY: the schema that the tests' API server works by, made of Kubernetes' own .proto files.

API and APIMACHINERY are checkouts of k8s.io/api and k8s.io/apimachinery at the same version. Prints one message a line,
its fields as NAME:NUMBER:TYPE:

    TYPE    s text, b boolean, i integer, y bytes, M message, [M] list, {M} map with texts as keys
    ~KEY    lists merge by this member under a strategic merge patch ("~" alone: lists of plain values merge as sets)
    @A+B    elements of the list are told apart by these members under server-side apply ("@" alone: a set)
    ^       the members stand in the message around it, not in a member of their own
"""
import pathlib
import re
import sys

ROOTS = [
    "core.Pod", "core.PodList", "core.Namespace", "core.NamespaceList", "core.Node", "core.NodeList", "core.ConfigMap",
    "core.ConfigMapList", "core.Secret", "core.SecretList", "core.ServiceAccount", "core.ServiceAccountList",
    "core.Service", "core.ServiceList", "core.Event", "core.EventList", "core.PodTemplate", "core.PodTemplateList",
    "events.Event", "events.EventList", "batch.Job", "batch.JobList", "batch.CronJob", "batch.CronJobList",
    "apps.Deployment", "apps.DeploymentList", "apps.ReplicaSet", "apps.ReplicaSetList", "apps.StatefulSet",
    "apps.StatefulSetList", "apps.DaemonSet", "apps.DaemonSetList", "coordination.Lease", "coordination.LeaseList",
    "authentication.SelfSubjectReview", "authorization.SelfSubjectAccessReview", "authorization.SubjectAccessReview",
    "policy.PodDisruptionBudget", "policy.PodDisruptionBudgetList", "rbac.Role", "rbac.RoleBinding", "rbac.ClusterRole",
    "rbac.ClusterRoleBinding", "admissionregistration.MutatingWebhookConfiguration",
    "admissionregistration.MutatingWebhookConfigurationList", "meta.Status", "meta.DeleteOptions",
]
# Fields that Go's structs embed, under the names they have in the .proto files.
INLINE = {"volumeSource", "persistentVolumeSource", "localObjectReference", "handler", "ephemeralContainerCommon", "rule"}
SCALARS = {"string": "s", "bool": "b", "int32": "i", "int64": "i", "bytes": "y", "uint32": "i"}


def qualified(name, package):
    """`.k8s.io.api.core.v1.Pod` and `Pod` within its package are both `core.Pod`."""
    if "." not in name.strip("."):
        return f"{package}.{name}"
    parts = name.strip(".").split(".")
    if parts[:3] == ["k8s", "io", "api"]:
        return f"{parts[3]}.{parts[-1]}"
    return f"{parts[-3] if re.fullmatch('v[0-9]+', parts[-2]) else parts[-2]}.{parts[-1]}"


def read(file, package, messages):
    name, fields, notes = None, [], []
    for line in file.read_text().splitlines():
        line = line.strip()
        if match := re.fullmatch(r"message (\w+) \{", line):
            name, fields, notes = f"{package}.{match[1]}", [], []
        elif line == "}" and name:
            messages[name] = fields
            name = None
        elif line.startswith("//"):
            notes.append(line[2:].strip())
        elif match := re.fullmatch(r"(optional|repeated|map<string, ([\w.]+)>) ?([\w.]+)? (\w+) = (\d+);", line):
            shape, value, kind, field, number = match.groups()
            # One is called `Webhooks` in its .proto, and `webhooks` wherever it is written.
            field = field[0].lower() + field[1:]
            kind = value or kind
            kind = SCALARS.get(kind) or qualified(kind, package)
            text = f"{{{kind}}}" if value else f"[{kind}]" if shape == "repeated" else kind
            tags = dict(re.match(r"\+(\w+)(?:=(.*))?$", note).groups() for note in notes
                        if re.match(r"\+(\w+)(?:=(.*))?$", note))
            keys = [note.split("=")[1] for note in notes if note.startswith("+listMapKey=")]
            if "merge" in (tags.get("patchStrategy") or ""):
                text += "~" + (tags.get("patchMergeKey") or "")
            if tags.get("listType") == "map":
                text += "@" + "+".join(keys)
            elif tags.get("listType") == "set":
                text += "@"
            elif keys_of_patch := tags.get("patchMergeKey"):
                text += "@" + keys_of_patch if tags.get("listType") is None else ""
            if field in INLINE:
                text += "^"
            fields.append((field, number, text, kind))
            notes = []
        elif not line:
            notes = notes if name else []


def main(api, machinery):
    messages = {}
    for file in sorted(pathlib.Path(api).glob("*/v1/generated.proto")):
        read(file, file.parts[-3], messages)
    for path, package in [("pkg/apis/meta/v1", "meta"), ("pkg/api/resource", "resource"), ("pkg/runtime", "runtime"),
                          ("pkg/util/intstr", "intstr")]:
        read(pathlib.Path(machinery, path, "generated.proto"), package, messages)
    wanted, queue = set(), list(ROOTS)
    while queue:
        name = queue.pop()
        if name in wanted:
            continue
        wanted.add(name)
        queue += [kind for _, _, _, kind in messages[name] if "." in kind]
    for name in sorted(wanted):
        print(name, *(f"{field}:{number}:{text}" for field, number, text, _ in messages[name]))


main(*sys.argv[1:])
