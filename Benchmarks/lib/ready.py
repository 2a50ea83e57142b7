"""Starts an agent, waits until main may start, and ends it: wall and CPU seconds and peak KiB until then, tabs in between.

usage: ready.py WORKDIR COMMAND...
"""
import os
import signal
import subprocess
import sys
import time

workdir, command = sys.argv[1], sys.argv[2:]
start = time.monotonic()
agent = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
while not os.path.exists(f"{workdir}/ready"):
    if agent.poll() is not None or os.path.exists(f"{workdir}/.kpipe/failed"):
        agent.kill()
        sys.exit(f"it does not come to ready: {agent.stderr.read().decode()[-500:]}")
    time.sleep(0.001)
wall = time.monotonic() - start
with open(f"/proc/{agent.pid}/stat") as file:
    user, system = (int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in file.read().rsplit(")", 1)[1].split()[11:13])
with open(f"/proc/{agent.pid}/status") as file:
    peak = next(line.split()[1] for line in file if line.startswith("VmHWM"))
agent.send_signal(signal.SIGTERM)
agent.wait()
print(f"{wall:.3f}\t{user:.2f}\t{system:.2f}\t{peak}")
