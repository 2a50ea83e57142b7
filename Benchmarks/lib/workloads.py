"""An API server that has N Deployments, half of them with a marked sidecar, and answers nothing but what a scan asks.

usage: workloads.py N KUBECONFIG    writes the kubeconfig, and serves until it is stopped
"""
import http.server
import json
import sys
import urllib.parse

count, kubeconfig = int(sys.argv[1]), sys.argv[2]
MARKER = {"name": "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "value": "true"}


def container(name, **more):
    return {
        "name": name, "image": f"registry.example/{name}:1", "terminationMessagePath": "/dev/termination-log",
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}], "imagePullPolicy": "IfNotPresent", **more,
    }


def deployment(number):
    side = container("proxy", ports=[{"containerPort": 9901}], env=[MARKER] if number % 2 == 0 else [])
    name = f"app-{number}"
    return {
        "metadata": {
            "name": name, "namespace": f"team-{number % 50}", "uid": f"00000000-0000-0000-0000-{number:012}",
            "labels": {"app": name}, "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:a": {}} }}] * 8,
        },
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container("app"), side], "volumes": [{"name": "data", "emptyDir": {}}]},
            },
        },
        "status": {"replicas": 2, "readyReplicas": 2, "conditions": [{"type": "Available", "status": "True"}]},
    }


FIXED = {
    "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.2"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": [{
        "name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}],
        "preferredVersion": {"groupVersion": "apps/v1", "version": "v1"}}]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    "/apis/apps/v1": {"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
        {"name": "deployments", "singularName": "deployment", "namespaced": True, "kind": "Deployment", "verbs": ["list"]}]},
    "/api/v1/nodes": {"kind": "NodeList", "metadata": {}, "items": [
        {"metadata": {"name": "n"}, "status": {"nodeInfo": {"kubeletVersion": "v1.36.2"}}}]},
}


def answer(path, query):
    if path in FIXED:
        return FIXED[path]
    if path != "/apis/apps/v1/deployments":
        return None
    start, limit = int(query.get("continue", ["0"])[0]), int(query.get("limit", ["0"])[0]) or count
    end = min(start + limit, count)
    return {
        "kind": "DeploymentList", "apiVersion": "apps/v1",
        "metadata": {"resourceVersion": "7", **({"continue": str(end)} if end < count else {})},
        "items": [deployment(number) for number in range(start, end)],
    }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        target = urllib.parse.urlsplit(self.path)
        found = answer(target.path, urllib.parse.parse_qs(target.query))
        body = json.dumps(found or {"kind": "Status", "code": 404, "reason": "NotFound"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(kubeconfig, "w") as file:
    json.dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }, file)
server.serve_forever()
