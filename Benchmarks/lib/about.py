"""Says what is measured with and on, as the first lines of a file of samples (see figures.py).

usage: about.py COMMAND
"""
import datetime
import platform
import re
import subprocess
import sys


def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "?"
    except FileNotFoundError:
        return "?"


def version():
    with open("Sources/Basics/Embeddable/Version.swift") as file:
        return re.search(r'current = "([^"]+)"', file.read())[1]


def machine():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")] or [platform.machine()]
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) / 1048576
    swift = said("sh", "-c", "swift --version 2> /dev/null").split("version ")[-1].split(" ")[0]
    return f"{len(names)} × {names[0]}, {memory:.0f} GiB, Linux {platform.release()}, swift {swift}, release build"


def peers():
    curl = " ".join(said("curl", "--version").split()[:2])
    weed = " ".join(said(".venv/bin/weed", "version").split()[2:3])
    rclone = said(".venv/bin/rclone", "version").splitlines()[0]
    return f"s5cmd {said('.venv/bin/s5cmd', 'version')}, {rclone}, {curl}, SeaweedFS {weed}; servers on the same cores"


for key, value in {
    "version": version(), "date": str(datetime.date.today()), "command": sys.argv[1].strip(), "machine": machine(), "peers": peers(),
}.items():
    print("#", key, value, sep="\t")
