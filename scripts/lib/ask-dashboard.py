"""Asks a Prometheus every query of the dashboard, and says which return nothing.

  ask-dashboard.py http://localhost:9090
"""
import json
import pathlib
import sys
import urllib.parse
import urllib.request

dashboard = json.loads((pathlib.Path(__file__).parent.parent.parent / "manifests/chart/files/dashboard.json").read_text())
queries = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", [])]
empty = 0
for title, query in queries:
    query = query.replace("$__rate_interval", "1m")
    with urllib.request.urlopen(f"{sys.argv[1]}/api/v1/query?{urllib.parse.urlencode({'query': query})}") as answer:
        found = json.load(answer)["data"]["result"]
    values = [float(one["value"][1]) for one in found]
    # A quantile of nothing is NaN.
    if not any(value == value for value in values):
        empty += 1
        print(f"{title}: nothing for {query}")
if not empty:
    print(f"all {len(queries)} queries return data")
sys.exit(1 if empty else 0)
