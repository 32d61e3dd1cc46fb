"""A page with the local surface's own policy, which asks the window for a file and tells what it got: `served.py`."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

from server.local.app import POLICY

PAGE = (
    '<!doctype html><html lang="en"><head><title>Asking</title><script src="/ask.js" defer></script></head><body></body></html>'
)
SCRIPT = """
document.addEventListener('securitypolicyviolation', (event) => tell({ violation: event.violatedDirective }))
const tell = (what) => fetch('/told', { method: 'POST', body: JSON.stringify(what) })
const ask = setInterval(async () => {
  if (!window.pywebview?.api?.choose_file) return
  clearInterval(ask)
  tell({ offered: Object.keys(window.pywebview.api) })
  tell({ chosen: await window.pywebview.api.choose_file('program') })
}, 50)
"""


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, text = ("text/javascript", SCRIPT) if self.path == "/ask.js" else ("text/html", PAGE)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self) -> None:
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print(json.dumps(text), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


with HTTPServer(("127.0.0.1", 0), Answer) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
