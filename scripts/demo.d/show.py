"""Shows what a step left behind: its stored objects (asked from the filer, not through our own code), the manifest,
and the state reports that the web server took.

usage: show.py FILER BUCKET PREFIX REPORTS
"""
import json
import sys
import urllib.request

filer, bucket, prefix, reports = sys.argv[1:]


def get(path, **headers):
    return urllib.request.urlopen(urllib.request.Request(f"{filer}/buckets/{bucket}/{path}", headers=headers)).read()


def walk(folder):
    for entry in json.loads(get(f"{folder}/?limit=10000", Accept="application/json"))["Entries"] or []:
        path = entry["FullPath"].removeprefix(f"/buckets/{bucket}/")
        if entry["Mode"] & 1 << 31:
            yield from walk(path)
        else:
            yield path, entry["FileSize"]


def title(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")


title("Stored")
manifest = None
for path, size in sorted(walk(prefix)):
    print(f"  {size:>10}  s3://{bucket}/{path}")
    if "manifest" in path:
        manifest = path

title("The ten words that licences like best (words.txt)")
print(get(f"{prefix}/words.txt").decode().rstrip())

title(f"The manifest (s3://{bucket}/{manifest})")
document = json.loads(get(manifest))
print(json.dumps(document, indent=2))

title("What the backend was told")
with open(reports) as file:
    for line in file:
        event = json.loads(line)["event"]
        data = event["data"]
        cause = " ".join(str(data[key]) for key in ("reason", "message") if data.get(key))
        print(f"  {data['time'][11:23]}  #{data['sequence']}  {data['state']:<13} {cause}")
