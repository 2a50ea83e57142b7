"""Prints manifests of about N MB: Deployments of which each Kth has a marked sidecar, as a stream or as one List.

usage: manifests.py N [--every K] [--list]
"""
import argparse
import sys

parser = argparse.ArgumentParser()
parser.add_argument("megabytes", type=int)
parser.add_argument("--every", type=int, default=1)
parser.add_argument("--list", action="store_true")
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
written = number = 0
if asked.list:
    sys.stdout.write("apiVersion: v1\nkind: List\nitems:\n")
while written < asked.megabytes * 1_000_000:
    text = MANIFEST.format(n=number, mark=OTHER if number % asked.every else MARK)
    if asked.list:
        text = "- " + text.rstrip("\n").replace("\n", "\n  ") + "\n"
    elif number:
        text = "---\n" + text
    sys.stdout.write(text)
    written += len(text)
    number += 1
