"""port-forward.py PORT TARGET: a WebSocket to an API server's port-forward, by hand. Says one line to the first port and
prints every message: channel and bytes."""
import os
import socket
import sys

connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
connection.sendall((
    f"GET {sys.argv[2]} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n").encode())
stream = connection.makefile("rb")
print(stream.readline().decode().strip())
while stream.readline().strip():
    pass


def send(opcode, payload):
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    connection.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)


send(2, b"\x00hello\n")
while True:
    head = stream.read(2)
    if len(head) < 2:
        break
    length = head[1] & 0x7F
    if length == 126:
        length = int.from_bytes(stream.read(2), "big")
    payload = stream.read(length)
    if head[0] & 0x0F == 8:
        print("close")
        break
    print(payload[0], payload[1:])
