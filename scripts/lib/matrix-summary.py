"""Renders the pages of results on real nodes as one table (Markdown on standard output): a column per version of Kubernetes.

usage: matrix-summary.py PAGE...
"""
import re
import sys

pages = []
for path in sys.argv[1:]:
    with open(path) as file:
        text = file.read()
    version = re.search(r"^# Results on Kubernetes (\S+)$", text, re.MULTILINE)[1]
    run = re.search(r"from a run on (\S+), on one node\s+with (.+?)\. ", text)
    page = {"": f"[{version}]({path.removeprefix('docs/')})", "Date": run[1], "Container runtime": run[2]}
    for section in text.split("\n## ")[1:]:
        title = section.splitlines()[0]
        rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.endswith(("| ✓ |", "| ✗ |"))]
        counts = {row[0]: row[1] for row in rows if len(row) == 3}
        page |= counts or ({title: f"{sum(row[-1] == '✓' for row in rows)} of {len(rows)}"} if rows else {})
    pages.append((tuple(map(int, version.split("."))), page))
pages = [page for _, page in sorted(pages, key=lambda item: item[0], reverse=True)]
titles = list(dict.fromkeys(title for page in pages for title in page))
for index, title in enumerate(titles):
    print(f"| {' | '.join([title] + [page.get(title, 'not run') for page in pages])} |")
    if index == 0:
        print(f"|{' --- |' * (len(pages) + 1)}")
