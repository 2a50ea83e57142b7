"""Writes a web server's access log of about MEGABYTES to standard output, the same each time."""
import random
import sys

pages = [f"/{kind}/{name}" for kind in ("docs", "blog", "api/v1") for name in
         ("", "pipelines", "sidecars", "volumes", "jobs", "probes", "events", "search", "login", "status")]
weights = [1 / rank for rank in range(1, len(pages) + 1)]
random.seed(7)
left = int(sys.argv[1]) << 20
second = 0
while left > 0:
    lines = []
    for page in random.choices(pages, weights, k=2000):
        status = 500 if random.random() < 0.002 else 200
        lines.append('10.%d.%d.%d - - [21/Nov/2026:%02d:%02d:%02d +0000] "GET %s HTTP/1.1" %d %d\n' % (
            random.randrange(256), random.randrange(256), random.randrange(256), second // 3600 % 24,
            second // 60 % 60, second % 60, page, status, random.randrange(200, 90000)))
        second += random.random() < 0.4
    text = "".join(lines)
    left -= len(text)
    sys.stdout.write(text)
