"""Turns the samples of one run into Markdown: medians, and what they are to each peer's.

usage: report.py SAMPLES
"""
import collections
import datetime
import os
import platform
import statistics
import subprocess
import sys

OWN = "kpipe"
runs = collections.defaultdict(lambda: collections.defaultdict(list))
values = collections.defaultdict(dict)
with open(sys.argv[1]) as file:
    for row in (line.rstrip("\n").split("\t") for line in file):
        if row[2].startswith("="):
            values[row[0]][row[1]] = (float(row[3]), row[2][1:])
        else:
            wall, user, system, peak = map(float, row[2:])
            runs[row[0]][row[1]].append((wall, user + system, peak / 1024))


def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "?"
    except FileNotFoundError:
        return "?"


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} × {names[0]}"


def memory():
    with open("/proc/meminfo") as file:
        return f"{int(file.readline().split()[1]) / 1048576:.0f} GiB"


def median(samples):
    return [statistics.median(column) for column in zip(*samples)]


def ratio(own, other):
    return f"{own / other:.2f}" if other > 0 else "–"


print("# Results\n")
print("Written by `Benchmarks/run`, which repeats all of it. Medians; ratios are ours to theirs, so below 1 is better.\n")
print(f"- {datetime.date.today()}, {processor()}, {memory()}, Linux {platform.release()}, swift "
      f"{said('sh', '-c', 'swift --version 2>/dev/null').split('version ')[-1].split(' ')[0]}, release build")
print(f"- s5cmd {said('.venv/bin/s5cmd', 'version')}, {said('.venv/bin/rclone', 'version').splitlines()[0]}, "
      f"{' '.join(said('curl', '--version').split()[:2])}, SeaweedFS {' '.join(said('.venv/bin/weed', 'version').split()[2:3])}; "
      f"servers on the same cores; load average at the end {os.getloadavg()[1]:.1f}\n")

for task, peers in runs.items():
    print(f"## {task[0].upper()}{task[1:]}\n")
    print("| | wall s | CPU s | peak MiB | wall ratio | CPU ratio | runs |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    own = median(peers[OWN]) if OWN in peers else None
    for who, samples in peers.items():
        wall, cpu, peak = median(samples)
        compared = ["", ""] if who == OWN or not own else [ratio(own[0], wall), ratio(own[1], cpu)]
        print(f"| {who} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {compared[0]} | {compared[1]} | {len(samples)} |")
    print()

PRINTED = next((task for task in runs if task.startswith("print")), "")
TARGETS = [
    ("download 1 x # from S3", "CPU at most rclone's", lambda own, peers: own[1] <= peers["rclone"][1]),
    ("download 1 x # from S3", "CPU at most half of s5cmd's", lambda own, peers: own[1] <= peers["s5cmd"][1] / 2),
    ("download 1 x # from S3", "wall at most the faster one's", lambda own, peers: own[0] <= min(p[0] for p in peers.values())),
    ("download 1 x # from S3", "peak at most 40 MiB", lambda own, peers: own[2] <= 40),
    ("upload 1 x # to S3", "CPU at most half of s5cmd's", lambda own, peers: own[1] <= peers["s5cmd"][1] / 2),
    ("upload 1 x # to S3", "wall no worse than s5cmd's", lambda own, peers: own[0] <= peers["s5cmd"][0]),
    ("download # from S3", "CPU at most half of s5cmd's", lambda own, peers: own[1] <= peers["s5cmd"][1] / 2),
    ("download # from S3", "wall at most half of s5cmd's", lambda own, peers: own[0] <= peers["s5cmd"][0] / 2),
    ("upload # to S3", "CPU at most half of s5cmd's", lambda own, peers: own[1] <= peers["s5cmd"][1] / 2),
    ("upload # to S3", "wall at most half of s5cmd's", lambda own, peers: own[0] <= peers["s5cmd"][0] / 2),
    ("print # of lines", "at least 1 GB/s", lambda own, peers: int(PRINTED.split()[1]) * 1048576 / own[0] >= 1e9),
    ("follow # marked pods", "CPU at most a third of client-go's", lambda own, peers: own[1] <= peers["client-go"][1] / 3),
    ("follow # marked pods", "wall at most client-go's", lambda own, peers: own[0] <= peers["client-go"][0]),
    ("# MB of manifests", "faster than kustomize", lambda own, peers: own[0] <= peers["kustomize"][0]),
]
# Megabytes a second, of the tasks that say how many.
SPEED, QUICK = 20, "convert "
FIGURES = [
    ("follow 20000 marked pods: resident once in step", "at most 32 MiB", 32768),
    ("follow 100000 marked pods: resident once in step", "at most 64 MiB", 65536),
    ("follow 20000 marked pods: each pod", "at most 320 bytes", 320),
    ("follow 100000 marked pods: each pod", "at most 320 bytes", 320),
    ("follow 20000 pods without a marker: kept", "none", 0),
    ("entrypoint: added before the child runs, volume on disk", "at most 5 ms", 5),
    ("entrypoint, waiting: private memory", "at most 3 MiB", 3072),
    ("agent, idle: resident", "at most 20 MiB", 20480),
    ("agent, idle: private memory", "at most 4 MiB", 4096),
    ("agent, idle: wake-ups in 30 s", "none", 0),
    ("terminator, 20000 marked pods: resident", "at most 32 MiB", 32768),
    ("terminator, 100000 marked pods: resident", "at most 64 MiB", 65536),
    ("terminator: a marked pod", "at most 320 bytes", 320),
    ("terminator, 1000 of 20000 pods end within 1 s, round 1: p99 at the server", "at most 50 ms", 50),
    ("terminator, 1000 of 20000 pods end within 1 s, round 1: p99 in its own metric, at most", "at most 50 ms", 50),
    ("terminator, 1000 of 20000 pods end within 1 s, over TLS: p99 at the server", "at most 50 ms", 50),
]


def matches(task, pattern):
    start, end = pattern.split("#")
    single = start.endswith("1 x ")
    return task.startswith(start) and task.endswith(end) and (single or not task.startswith(start + "1 x "))


print("## Targets\n\n| | target | |\n| --- | --- | --- |")
for pattern, text, met in TARGETS:
    for task, peers in runs.items():
        if matches(task, pattern) and OWN in peers:
            medians = {who: median(samples) for who, samples in peers.items()}
            try:
                verdict = "met" if met(medians.pop(OWN), medians) else "**missed**"
            except KeyError as peer:
                verdict = f"not compared: {peer.args[0]} is not here"
            print(f"| {task} | {text} | {verdict} |")
for task, peers in runs.items():
    if task.startswith(QUICK):
        speed = int(task.split()[1]) / median(peers[OWN])[0]
        print(f"| {task} | at least {SPEED} MB/s | {'met' if speed >= SPEED else '**missed**'}: {speed:.0f} |")
for task, text, most in FIGURES:
    if task in values:
        print(f"| {task} | {text} | {'met' if values[task][OWN][0] <= most else '**missed**'} |")
print()

if values:
    print("## Standing still\n\n| | | |\n| --- | --- | ---: |")
    for task, figures in values.items():
        for who, (number, unit) in figures.items():
            print(f"| {task} | {who} | {number:.10g} {unit} |")
