"""What a run of the benchmarks measured, and what it is to others'.

A file of samples has one thing on a line, with tabs in between:

    #  KEY  VALUE                               about the run: version, date, machine, peers, note
    TASK  WHO  WALL  USER  SYSTEM  PEAK  [RUNS]   seconds and KiB of one run, or the medians of several
    TASK  WHO  =UNIT  NUMBER                    a figure that no clock gives
"""
import collections
import dataclasses
import re
import statistics

OWN = "kpipe"


@dataclasses.dataclass(frozen=True)
class Row:
    """One thing that was measured, beside a peer's or beside a limit: below 1 is better, whatever it is."""

    what: str
    own: str
    against: str = ""
    theirs: str = ""
    ratio: float | None = None
    #: The most that the ratio may be, where that was promised.
    target: float | None = None

    @property
    def is_met(self):
        return self.target is None or self.ratio <= self.target


# By task, measure and peer: the largest ratio that was promised.
TARGETS = [
    (r"(up|down)load .* (at \d+ ms|(to|from) (gs|az)|within 64 MiB)", "wall", ".*", 1.05),
    (r"download 1 x \d+ MiB from S3", "CPU", "s5cmd", 0.5), (r"download 1 x \d+ MiB from S3", "CPU", "rclone", 1),
    (r"download 1 x \d+ MiB from S3", "wall", ".*", 1), (r"upload 1 x \d+ MiB to S3", "CPU", "s5cmd", 0.5),
    (r"upload 1 x \d+ MiB to S3", "wall", "s5cmd", 1), (r"(up|down)load \d+ x 4 KiB .*", "CPU|wall", "s5cmd", 0.5),
    (r"follow \d+ marked pods", "CPU", "client-go", 1 / 3), (r"follow \d+ marked pods", "wall", "client-go", 1),
    (r"\d+ MB of manifests", "wall", "kustomize", 1),
]
# By figure: the most that it may be, and where it is a speed the least.
LIMITS = [
    (r"download 1 x \d+ MiB from S3: peak", 40), (r"print .* of lines: speed", 1000), (r"convert .*: speed", 20),
    # Six times its size.
    (r"convert 20 MB in one .*: peak", 114),
    (r"entrypoint: added before the child runs, volume on disk", 5), (r"entrypoint, waiting: private memory", 3072),
    (r"agent, idle: resident", 8192), (r"agent, idle: private memory", 4096), (r"agent, idle: wake-ups in .*", 0),
    (r"agent, monitoring every 10 s: more CPU than without", 0.1),
    (r"agent, monitoring every 10 s: more private memory than without", 2048),
    (r"follow 20000 marked pods: resident once in step", 32768),
    (r"follow 100000 marked pods: resident once in step", 65536), (r"follow .* marked pods: each pod", 320),
    (r"follow .* without a marker: kept", 0), (r"terminator, 20000 marked pods: resident", 32768),
    (r"terminator, 100000 marked pods: resident", 65536), (r"terminator: a marked pod", 320),
    # Three round trips and 20 ms; no rehearsal is remembered in the rows that say so, and nothing was promised of them.
    (r"terminator, .* end within 1 s(, over TLS)?: p99 at the server", 20),
    (r"terminator, .* end within 1 s(, over TLS)?: p99 in its own metric, at most", 50),
    (r"terminator, .* end within 1 s, at 10 ms: p99 at the server", 50),
    (r"terminator, .* end within 1 s, at 30 ms: p99 at the server", 110),
]


def limit_of(name):
    return next((limit for pattern, limit in LIMITS if re.fullmatch(pattern, name)), None)


def target_of(task, measure, peer):
    return next(
        (most for pattern, measures, peers, most in TARGETS
         if re.fullmatch(pattern, task) and re.fullmatch(measures, measure) and re.fullmatch(peers, peer)), None)


def beside_limit(name, number, unit):
    """
    >>> beside_limit("agent, idle: resident", 4096, "KiB").ratio
    0.5
    >>> beside_limit("convert 20 MB of manifests: speed", 40, "MB/s").ratio
    0.5
    >>> beside_limit("agent, idle: wake-ups in 30 s", 0, "times").is_met, beside_limit("agent, idle: wake-ups in 30 s", 1, "times").is_met
    (True, False)
    >>> beside_limit("agent, idle: threads", 4, "threads").ratio is None
    True
    """
    limit, own = limit_of(name), f"{number:.10g} {unit}"
    if limit is None:
        return Row(name, own)
    if name.endswith(": speed"):
        return Row(name, own, "at least", f"{limit} {unit}", limit / number, 1)
    # Where nothing is allowed, each one is one too many.
    ratio = number / limit if limit else 1 + number if number else 0
    return Row(name, own, "at most", f"{limit} {unit}", ratio, 1)


class Results:
    r"""
    >>> results = Results([
    ...     "#\tdate\t2026-02-01", "a\tkpipe\t1\t2\t1\t1024", "a\tkpipe\t3\t2\t1\t1024", "a\tpeer\t1.5\t6\t0\t1024\t3",
    ...     "b, round 1: p99\tkpipe\t=ms\t2", "b, round 2: p99\tkpipe\t=ms\t4"])
    >>> results.costs["a"], results.figures
    ({'kpipe': (2.0, 3.0, 1.0), 'peer': (1.5, 6.0, 1.0)}, {('b: p99', 'kpipe', 'ms'): 3.0})
    >>> Results(["a\tkpipe\t1"])
    Traceback (most recent call last):
    SystemExit: line 1 of the samples cannot be read (not enough values to unpack (expected 4, got 1)): 'a\tkpipe\t1'
    """

    def __init__(self, lines):
        self.about = collections.defaultdict(list)
        costs = collections.defaultdict(lambda: collections.defaultdict(list))
        figures = collections.defaultdict(list)
        for number, line in enumerate(lines, 1):
            fields = line.rstrip("\n").split("\t")
            try:
                if fields[0] == "#":
                    self.about[fields[1]].append(fields[2])
                elif fields[2].startswith("="):
                    # Rounds of one thing are runs of it.
                    name = re.sub(r", round \d+", "", fields[0])
                    figures[name, fields[1], fields[2][1:]].append(float(fields[3]))
                else:
                    wall, user, system, peak = map(float, fields[2:6])
                    runs = int(fields[6]) if len(fields) > 6 else 1
                    costs[fields[0]][fields[1]] += [(wall, user + system, peak / 1024)] * runs
            except (IndexError, ValueError) as error:
                raise SystemExit(f"line {number} of the samples cannot be read ({error}): {line!r}")
        self.costs = {
            task: {who: tuple(statistics.median(column) for column in zip(*runs)) for who, runs in peers.items()}
            for task, peers in costs.items()
        }
        self.figures = {key: statistics.median(numbers) for key, numbers in figures.items()}

    def rows(self, pattern):
        """What was measured about tasks and figures that begin so, those beside peers first."""
        costs = [row for task, peers in self.costs.items() if re.match(pattern, task) for row in cost_rows(task, peers)]
        figures = [
            beside_limit(name, number, unit) if who == OWN else None
            for (name, who, unit), number in self.figures.items() if re.match(pattern, name)
        ]
        rows = costs + [row for row in figures if row] + list(self.beside_peers(pattern))
        return sorted(rows, key=lambda row: (row.ratio is None, row.against in ("at most", "at least")))

    def beside_peers(self, pattern):
        """Figures of which a peer has the same."""
        for (name, who, unit), number in self.figures.items():
            own = self.figures.get((name, OWN, unit))
            if who != OWN and own is not None and number > 0 and re.match(pattern, name):
                yield Row(name, f"{own:.10g} {unit}", who, f"{number:.10g} {unit}", own / number)


def cost_rows(task, peers):
    """
    >>> for row in cost_rows("upload 1 x 2 MiB to S3", {"kpipe": (2, 1, 30), "s5cmd": (4, 4, 20)}):
    ...     print(row.what, "|", row.own, "|", row.against, row.theirs, "|", row.ratio, row.is_met)
    upload 1 x 2 MiB to S3: CPU | 1.00 s | s5cmd 4.00 s | 0.25 True
    upload 1 x 2 MiB to S3: wall | 2.00 s | s5cmd 4.00 s | 0.5 True
    upload 1 x 2 MiB to S3: peak | 30 MiB |   | None True
    >>> [row.ratio for row in cost_rows("convert 20 MB of manifests", {"kpipe": (2, 1, 30)})][-1]
    2.0
    """
    if OWN not in peers:
        return
    own = peers[OWN]
    for measure, place in (("CPU", 1), ("wall", 0)):
        compared = [(who, theirs[place]) for who, theirs in peers.items() if who != OWN and theirs[place] > 0]
        for who, theirs in compared:
            yield Row(
                f"{task}: {measure}", f"{own[place]:.2f} s", who, f"{theirs:.2f} s", own[place] / theirs,
                target_of(task, measure, who))
        if not compared:
            yield Row(f"{task}: {measure}", f"{own[place]:.2f} s")
    yield beside_limit(f"{task}: peak", round(own[2]), "MiB")
    # What says how much of something it takes has a speed.
    size = re.match(r"(?:convert|print) (\d+) (MB|MiB) ", task)
    if size and own[0] > 0:
        megabytes = int(size[1]) * (1.048576 if size[2] == "MiB" else 1)
        yield beside_limit(f"{task}: speed", round(megabytes / own[0]), "MB/s")
