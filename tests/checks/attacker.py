"""A client whose model obeys whoever wrote the last mail."""

import itertools
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from server.demo.chatgpt import compose
from tests import loopback
from tests.checks.conftest import Process
from tests.checks.hostile_requests import Raw
from tests.server.projections.mcp.speaking import modern, read

NUMBERS = itertools.count()
HTTP = loopback.Client()


@dataclass
class Attacker:
    """`made`: how many calls it has made."""

    server: Process
    name: str
    key: str
    document: dict[str, Any] = field(repr=False)
    made: int = 0

    def call(self, operation: str, arguments: dict[str, Any], **headers: str) -> httpx2.Response:
        """Call an operation as an Action does, without waiting for the person."""
        request = compose(self.document, operation, arguments)
        fields = {"Prefer": "respond-async"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request(request.method, request.path, params=request.query, json=request.body, headers=fields)

    def use_tool(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call an operation as a tool, and answer the tool's result."""
        request = modern("tools/call", {"name": name, "arguments": arguments})
        answer = self.request("POST", "/mcp", **request)
        assert answer.status_code == 200, answer.text
        return dict(read(answer)["result"])

    def look(self, approval_id: str) -> dict[str, Any]:
        """Ask what became of a call."""
        return dict(self.request("GET", f"/approvals/{approval_id}").json())

    def request(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
        """Send any request with its key."""
        self.made += 1
        sent = {"X-API-Key": self.key} | (headers or {})
        return HTTP.request(method, self.server.own + path, headers=sent, **options)

    def send_raw(self, raw: Raw, waiting: str) -> bytes:
        """Send a request as it is written, and answer what came back."""
        self.made += 1
        fields = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", "Connection": "close"}
        fields = {"Host": urlsplit(self.server.own).netloc, "Prefer": "respond-async"} | fields | raw.headers
        body = raw.content.replace("{waiting}", waiting).encode()
        lines = [f"{raw.method} {raw.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).replace("{waiting}", waiting)
        return exchange(self.server.own, head.encode() + body)


def exchange(base: str, request: bytes) -> bytes:
    """Send bytes and read all that comes back."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def make_attacker(server: Process, name: str = "", **order: Any) -> Attacker:
    """Make a client like any other: reading is allowed, changing asks."""
    name = name or f"hostile-{next(NUMBERS)}"
    key = server.make_client(name, **order)
    document = HTTP.get(f"{server.own}/gpts/{name}/openapi.json").json()
    return Attacker(server, name, key, document)
