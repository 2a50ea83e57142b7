"""Prints manifests of about N MB: Deployments of which each has a marked sidecar.

usage: manifests.py N
"""
import sys

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
        sidecar.k-pipe.cloud/sidecars: proxy
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

written = number = 0
while written < int(sys.argv[1]) * 1_000_000:
    text = ("---\n" if number else "") + MANIFEST.format(n=number)
    sys.stdout.write(text)
    written += len(text)
    number += 1
