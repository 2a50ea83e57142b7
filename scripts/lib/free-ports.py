"""Prints N ports that are free now, below those that the kernel takes for outgoing connections."""
import random
import socket
import sys

found = []
while len(found) < int(sys.argv[1]):
    port = random.randrange(12000, 32000)
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
    if port not in found:
        found.append(port)
print(*found)
