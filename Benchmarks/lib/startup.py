"""Milliseconds from starting a program until its child runs, and until it has ended: medians of many runs.

The child prints the clock. usage: startup.py RUNS WORKDIR COMMAND... (the child's command line is added; WORKDIR is
made anew for each run, with `ready` in it, where it is not "-")
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

runs, workdir, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
begun, ended = [], []
for _ in range(runs):
    if workdir != "-":
        shutil.rmtree(workdir, ignore_errors=True)
        for folder in ("input", "output", ".kpipe"):
            os.makedirs(f"{workdir}/{folder}")
        open(f"{workdir}/ready", "w").close()
    start = time.time_ns()
    answer = subprocess.run([*command, "/bin/date", "+%s%N"], capture_output=True, check=True).stdout
    ended.append(time.time_ns() - start)
    begun.append(int(answer) - start)
print(f"{statistics.median(begun) / 1e6:.2f} {statistics.median(ended) / 1e6:.2f}")
