"""Makes the page of results out of a run's samples: a table and a plot for each subject.

usage: report.py SAMPLES                  prints the page, without plots
       report.py SAMPLES FOLDER           writes FOLDER/RESULTS.md and FOLDER/plots, and adds to FOLDER/history.csv
       report.py SAMPLES FOLDER --check   says what of that is not as these samples make it
"""
import csv
import io
import pathlib
import re
import sys

import figures
import plot

# Title, name of the plot, what the names of its tasks and figures begin with, and one sentence.
SUBJECTS = [
    ("At the end of a line", "far", r"(up|down)load .* at \d+ ms", "To and from S3 through a proxy that holds back every byte for half the round trip."),
    ("Large objects", "large", r"(up|down)load 1 x (?!.*( at \d+ ms| (to|from) (gs|az)$))", "One object to and from S3, and from a web server, beside the usual tools."),
    ("Google and Azure", "clouds", r"(up|down)load .* (to|from) (gs|az)$", "Beside each cloud's own client; the servers stand here, and answer from memory."),
    ("Until main may start", "ready", r"ready, ", "From the agent's start to `ready`, with inputs of 4 KiB at 20 ms of round trip; s5cmd fetches them as an init container would."),
    ("Small files", "small", r"(up|down)load \d+ x \d+ KiB (to|from) S3", "Many small files to and from S3."),
    ("The entrypoint", "entrypoint", r"print |entrypoint", "What wrapping a program adds to it; lines go to a log as well."),
    ("The agent at rest", "agent", r"agent|shipped", "What a sidecar costs while main runs."),
    ("Following pods", "pods", r"follow ", "An informer beside client-go's, on the same answers."),
    ("The terminator", "terminator", r"terminator", "Following pods, and ending the sidecars of a thousand pods that finish within one second."),
    ("Conversion", "conversion", r"convert |scan |\d+ MB of manifests",
     "`render convert` and `render scan`; kustomize only reads and writes."),
]
# Part of the samples, of no use on a page.
LEFT_OUT = re.compile(
    r".*(threads|requested|concluded|told within|counted in its own metric|CPU of the server|: requests)$"
    r"|terminator, .*(peak|private memory)$")
# A ratio that has grown by more than this is pointed out.
NOISE = 1.2


def history(text):
    r"""Ratios by what and against whom, each with dates and versions, oldest first.

    >>> past = history("version,date,what,against,ratio\n0.1.0,2026-01-02,a,b,0.5\n0.0.9,2025-01-02,a,b,0.4\n")
    >>> past["a", "b"]
    [('2025-01-02', '0.0.9', 0.4), ('2026-01-02', '0.1.0', 0.5)]
    """
    past = {}
    for row in csv.DictReader(io.StringIO(text)):
        past.setdefault((row["what"], row["against"]), []).append((row["date"], row["version"], float(row["ratio"])))
    return {key: sorted(entries) for key, entries in past.items()}


def with_run(text, version, date, rows):
    r"""The history with this run's ratios in place of an earlier run's of the same version and day.

    >>> row = figures.Row("a", "1 s", "b", "2 s", 0.5)
    >>> once = with_run("version,date,what,against,ratio\n0.0.9,2025-01-02,a,b,0.4\n", "0.1.0", "2026-01-02", [row])
    >>> once
    'version,date,what,against,ratio\n0.0.9,2025-01-02,a,b,0.4\n0.1.0,2026-01-02,a,b,0.500\n'
    >>> with_run(once, "0.1.0", "2026-01-02", [row]) == once
    True
    """
    kept = [row for row in csv.DictReader(io.StringIO(text)) if (row["version"], row["date"]) != (version, date)]
    new = [
        {"version": version, "date": date, "what": row.what, "against": row.against, "ratio": f"{row.ratio:.3f}"}
        for row in rows if row.ratio is not None
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, ["version", "date", "what", "against", "ratio"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(kept + new, key=lambda row: (row["date"], row["version"])))
    return out.getvalue()


def before(past, row, date):
    """The last ratio from before this day."""
    return next((ratio for day, _, ratio in reversed(past.get((row.what, row.against), [])) if day < date), None)


def promise(row):
    if row.target is None or row.ratio is None:
        return ""
    wanted = "" if row.target == 1 else f"at most {row.target:.2f}: "
    return wanted + ("met" if row.is_met else "**missed**")


def table(rows, past, date):
    """The ratio stands first; what has neither peer nor limit has none."""
    lines = ["| ratio | | ours | theirs, or the limit | before | target |", "| ---: | --- | ---: | --- | ---: | --- |"]
    for row in rows:
        earlier = before(past, row, date)
        ratio = "" if row.ratio is None else f"**{row.ratio:.2f}**"
        other = f"{row.against} {row.theirs}".strip()
        lines.append(
            f"| {ratio} | {row.what} | {row.own} | {other} | {'' if earlier is None else f'{earlier:.2f}'} | {promise(row)} |")
    return "\n".join(lines) + "\n"


def page(results, past, has_plots=True):
    r"""The page as text, the plots by name, and all rows.

    >>> results = figures.Results([
    ...     "#\tversion\t0.2.0", "#\tdate\t2026-02-01", "upload 1 x 9 MiB to S3\tkpipe\t2\t1\t0\t1024",
    ...     "upload 1 x 9 MiB to S3\ts5cmd\t2\t1\t0\t1024", "agent, idle: resident\tkpipe\t=KiB\t2048"])
    >>> past = history("version,date,what,against,ratio\n0.1.0,2026-01-01,upload 1 x 9 MiB to S3: CPU,s5cmd,0.4\n")
    >>> text, plots, _ = page(results, past)
    >>> "Of 3 promises 2 are met; missed:\n\n- upload 1 x 9 MiB to S3: CPU, s5cmd 1.00 s: 1.00 s\n" in text
    True
    >>> "More than 20% worse than before:\n\n- upload 1 x 9 MiB to S3: CPU, s5cmd: 1.00\n" in text
    True
    >>> "| **1.00** | upload 1 x 9 MiB to S3: CPU | 1.00 s | s5cmd 1.00 s | 0.40 | at most 0.50: **missed** |" in text
    True
    >>> list(plots)
    ['large', 'agent']
    """
    date = results.about["date"][-1] if results.about["date"] else "9999"
    parts, plots, worse, all_rows = [], {}, [], []
    for title, name, pattern, sentence in SUBJECTS:
        rows = [row for row in results.rows(pattern) if not LEFT_OUT.match(row.what)]
        if not rows:
            continue
        all_rows += rows
        parts.append(f"## {title}\n{sentence}\n")
        drawn = [(f"{row.what}, {row.against} {row.theirs}" if row.against.startswith("at ") else f"{row.what}, {row.against}",
                  row.ratio, row.is_met) for row in rows if row.ratio is not None]
        if drawn and has_plots:
            plots[name] = plot.bars(title, drawn)
            parts.append(f"![{title}: ratios](plots/{name}.svg)\n")
        parts.append(table(rows, past, date))
        worse += [row for row in rows if row.ratio is not None and row.ratio > NOISE * (before(past, row, date) or 1e9)]
    missed = [row for row in all_rows if row.ratio is not None and not row.is_met]
    head = (
        "# Results\nRatios are ours to theirs, or to the limit that was promised: below 1 is better. They count more than\n"
        "seconds, because servers and clients share the cores. Medians. [history.csv](history.csv) has the ratios of earlier\n"
        "runs, `before` the last one; [README.md](README.md) says what is measured and how.\n\n")
    promised = sum(row.target is not None for row in all_rows)
    head += f"Of {promised} promises {promised - len(missed)} are met" + (
        "; missed:\n\n" + "".join(f"- {row.what}, {row.against} {row.theirs}: {row.own}\n" for row in missed) if missed else ".\n")
    if worse:
        head += f"\nMore than {NOISE - 1:.0%} worse than before:\n\n" + "".join(
            f"- {row.what}, {row.against}: {row.ratio:.2f}\n" for row in worse)
    about = "".join(f"- {value}\n" for key in ("machine", "peers", "note") for value in results.about[key])
    command = " ".join(results.about["command"]) or "Benchmarks/run"
    foot = (
        f"## How it was measured\n```sh\n{command}\n```\nVersion {' '.join(results.about['version'])}, {date}. "
        f"[results.tsv](results.tsv) is what the run wrote.\n\n{about}")
    return head + "\n" + "\n".join(parts) + "\n" + foot, plots, all_rows


def main(arguments):
    if len(arguments) not in (1, 2, 3) or len(arguments) == 3 and arguments[2] != "--check":
        sys.exit(__doc__)
    with open(arguments[0]) as file:
        results = figures.Results(file)
    if len(arguments) == 1:
        print(page(results, {}, has_plots=False)[0])
        return
    folder = pathlib.Path(arguments[1])
    file = folder / "history.csv"
    old = file.read_text() if file.exists() else "version,date,what,against,ratio\n"
    text, plots, rows = page(results, history(old))
    version, date = results.about["version"][-1], results.about["date"][-1]
    wanted = {folder / "RESULTS.md": text, file: with_run(old, version, date, rows)}
    wanted |= {folder / "plots" / f"{name}.svg": content for name, content in plots.items()}
    if "--check" in arguments:
        wrong = [path for path, content in wanted.items() if not path.exists() or path.read_text() != content]
        wrong += sorted(set((folder / "plots").glob("*")) - set(wanted))
        for path in wrong:
            print(f"{path} is not what {arguments[0]} makes: run Benchmarks/lib/report.py {arguments[0]} {folder}")
        sys.exit(bool(wrong))
    (folder / "plots").mkdir(exist_ok=True)
    for path in set((folder / "plots").glob("*")) - set(wanted):
        path.unlink()
    for path, content in wanted.items():
        path.write_text(content)


if __name__ == "__main__":
    main(sys.argv[1:])
