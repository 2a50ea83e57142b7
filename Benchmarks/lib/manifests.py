"""Prints manifests of about N MB: Deployments of which each Kth has a marked sidecar, as a stream of documents, or as one: a List,
a List in JSON, one Deployment of large containers, or one Job of small sidecars.

usage: manifests.py N [--every K] [--form stream|list|json|pod|job]
"""
import argparse
import json
import sys

import yaml

parser = argparse.ArgumentParser()
parser.add_argument("megabytes", type=int)
parser.add_argument("--every", type=int, default=1)
parser.add_argument("--form", choices=["stream", "list", "json", "pod", "job"], default="stream")
asked = parser.parse_args()

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{n}
  labels:
    app: app-{n}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-{n}
  template:
    metadata:
      labels:
        app: app-{n}
      annotations:
        {mark}
    spec:
      serviceAccountName: app
      containers:
      # The program.
      - name: app
        image: registry.example/app:1.{n}
        args: ["--listen", "0.0.0.0:8080"]
        env:
        - name: MODE
          value: "production"
        - name: POD
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        ports:
        - containerPort: 8080
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
      # Lets it reach the others.
      - name: proxy
        image: envoyproxy/envoy:v1.31.0
        args:
        - -c
        - /etc/envoy/envoy.yaml
        ports:
        - containerPort: 9901
        readinessProbe:
          httpGet:
            path: /ready
            port: 9901
        volumeMounts:
        - name: config
          mountPath: /etc/envoy
      volumes:
      - name: config
        configMap:
          name: envoy
"""

MARK, OTHER = "sidecar.k-pipe.cloud/sidecars: proxy", "example.com/team: shop"
# So that there are thousands of containers, and not more than anybody has seen.
MORE = "".join(f"        - name: OPTION_{n}\n          value: \"what it is set to\"\n" for n in range(60))
MARKER = """\
        env:
        - name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT
          value: "true"
"""

JOB = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: many
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: registry.example/main:1
"""
SMALL = """\
      - name: proxy-{n}
        image: registry.example/proxy:1
        ports:
        - containerPort: 9901
"""

between, end = {"stream": ("---\n", ""), "json": (",\n", "\n    ]\n}\n")}.get(asked.form, ("", ""))
if asked.form == "list":
    sys.stdout.write("apiVersion: v1\nkind: List\nitems:\n")
elif asked.form == "json":
    sys.stdout.write('{\n    "apiVersion": "v1",\n    "kind": "List",\n    "items": [\n')
    form = json.dumps(yaml.safe_load(MANIFEST.format(n="@N@", mark=MARK)), indent=4).replace("\n", "\n        ")
elif asked.form == "pod":
    head, rest = MANIFEST.format(n=0, mark=OTHER).split("      # The program.\n")
    form, tail = rest.split("      volumes:\n")
    sys.stdout.write(head)
    end = "      volumes:\n" + tail
elif asked.form == "job":
    sys.stdout.write(JOB)
written = number = 0
while written < asked.megabytes * 1_000_000:
    if asked.form == "json":
        text = "        " + form.replace("@N@", str(number))
    elif asked.form == "pod":
        text = form.replace("name: app\n", f"name: app-{number}\n").replace("        env:\n", "        env:\n" + MORE)
        text = text.replace("name: proxy\n", f"name: proxy-{number}\n{MARKER}{MORE}")
    elif asked.form == "job":
        text = SMALL.format(n=number) + MARKER
    else:
        text = MANIFEST.format(n=number, mark=OTHER if number % asked.every else MARK)
    if asked.form == "list":
        text = "- " + text.rstrip("\n").replace("\n", "\n  ") + "\n"
    if number:
        text = between + text
    sys.stdout.write(text)
    written += len(text)
    number += 1
sys.stdout.write(end)
