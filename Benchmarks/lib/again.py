r"""Puts what was measured again in the place of what a run had measured before, and says so in a note.

usage: again.py SAMPLES AGAIN        prints the samples

>>> run = ["#\tversion\t1", "#\tcommand\trun", "a\tkpipe\t=s\t1", "b\tkpipe\t=s\t1", "b\tpeer\t=s\t1", "c\tkpipe\t=s\t1"]
>>> again = ["#\tversion\t1", "#\tdate\t2026-02-01", "#\tcommand\trun some", "#\tnote\tpeer failed: b.", "b\tkpipe\t=s\t2"]
>>> print(*merged(run, again), sep="\n")  # doctest: +NORMALIZE_WHITESPACE
# version 1
# command run
# note Measured again on 2026-02-01: what `run some` measures.
# note peer failed: b.
a kpipe =s 1
b kpipe =s 2
c kpipe =s 1
"""
import sys


def task(line):
    return line.split("\t")[0]


def merged(run, again):
    about = dict(line.split("\t")[1:] for line in again if line.startswith("#\t"))
    new = [line for line in again if task(line) != "#"]
    tasks = dict.fromkeys(map(task, new))
    # A note about a task that was measured again is no longer true.
    stale = tuple(f" failed: {name}." for name in tasks)
    head = [line for line in run if task(line) == "#" and not line.endswith(stale)]
    told = f"Measured again on {about['date']}: what `{about['command']}` measures."
    notes = [f"#\tnote\t{told}"] + [line for line in again if line.startswith("#\tnote\t")]
    rows = [line for line in run if task(line) != "#"]
    place = next((index for index, line in enumerate(rows) if task(line) in tasks), len(rows))
    return head + notes + rows[:place] + new + [line for line in rows[place:] if task(line) not in tasks]


def lines(path):
    with open(path) as file:
        return file.read().splitlines()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(*merged(lines(sys.argv[1]), lines(sys.argv[2])), sep="\n")
