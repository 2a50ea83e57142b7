"""A small web server: serves a folder, and takes a step's state reports (CloudEvents) by POST into a file of JSON lines.

usage: web.py FOLDER REPORTS PORT-FILE
"""
import functools
import http.server
import json
import os
import sys
import threading

folder, reports, port_file = sys.argv[1:]
lock = threading.Lock()


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with lock, open(reports, "a") as file:
            file.write(json.dumps({"path": self.path, "event": event}) + "\n")
        self.send_response(204)
        self.end_headers()


handler = functools.partial(Handler, directory=folder)
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    with open(port_file + ".new", "w") as file:
        file.write(str(server.server_port))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()
