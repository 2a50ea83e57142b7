"""A container runtime behind a unix socket, by gRPC's own implementation: Version, ContainerStatus and StopContainer.

usage: container-runtime.py SOCKET CONTAINERS

CONTAINERS is a JSON object: id -> {"pod": uid, "name": container, "stop": "ok" | "hang" | "fail"}. Each stop is printed.
"""
import json
import sys
import time
from concurrent import futures

import grpc

socket, containers = sys.argv[1], json.loads(sys.argv[2])
exited = set()


def varint(value):
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def text(number, value):
    data = value if isinstance(value, bytes) else value.encode()
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(field, value):
    return varint(field << 3) + varint(value)


def fields(message):
    """The request's fields: all that is sent here are strings and small numbers."""
    out, at = {}, 0

    def read():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = read()
        value = read()
        if tag & 7 == 2:
            value, at = message[at : at + value].decode(), at + value
        out[tag >> 3] = value
    return out


def version(request, context):
    assert fields(request) == {1: "v1"}
    return text(1, "0.1.0") + text(2, "stand-in") + text(3, "1.2.3") + text(4, "v1")


def find(request, context):
    id = fields(request).get(1, "")
    if id not in containers:
        context.abort(grpc.StatusCode.NOT_FOUND, f"container “{id}”: not found")
    return id


def status(request, context):
    id = find(request, context)
    labels = {"io.kubernetes.pod.uid": containers[id]["pod"], "io.kubernetes.container.name": containers[id]["name"]}
    body = text(1, id) + number(3, 2 if id in exited else 1)
    body += number(7, 143) if id in exited else b""
    body += b"".join(text(12, text(1, key) + text(2, value)) for key, value in labels.items())
    return text(1, body)


def stop(request, context):
    id = find(request, context)
    grace = fields(request).get(2, 0)
    print("stop", id, grace, flush=True)
    how = containers[id].get("stop", "ok")
    if how == "fail":
        context.abort(grpc.StatusCode.UNKNOWN, "the shim is gone")
    if how == "hang":
        time.sleep(60)
    exited.add(id)
    return b""


calls = {"Version": version, "ContainerStatus": status, "StopContainer": stop}
server = grpc.server(futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers(
    [
        grpc.method_handlers_generic_handler(
            "runtime.v1.RuntimeService",
            {name: grpc.unary_unary_rpc_method_handler(call) for name, call in calls.items()},
        )
    ]
)
server.add_insecure_port(f"unix:{socket}")
server.start()
print("ready", flush=True)
while True:
    time.sleep(3600)
