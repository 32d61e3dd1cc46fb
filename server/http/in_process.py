"""Calls from inside the program: a kept call that may run now, a tool that ChatGPT calls. They walk the same way as all others.

Who calls stands in the ASGI scope, where no header can put it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

CLIENT = "deskhand.client"  # the server.access.clients.client.Client on whose behalf it is
OPERATION = "deskhand.operation"  # the operation's name; where a path leads to another one, nothing runs
APPROVAL = "deskhand.approval"  # the approval with which it runs
ADDRESS = ("127.0.0.1", 0)


@dataclass(frozen=True)
class Letter:
    """A request as it is kept. `path` is percent-encoded, `query` is without its question mark."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reply:
    """What was answered."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Inside:
    """The way in for the program's own calls. `app`: the public application, without its door; set when it is put together."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def call(self, letter: Letter, **scope: Any) -> Reply:
        """Send a letter through the application, with what `scope` says of it, such as {CLIENT: client}."""
        if self.app is None:
            raise RuntimeError("The application is not put together yet.")
        reading = Reading(letter.body)
        await self.app(make_scope(letter) | scope, reading.receive, reading.send)
        return Reply(reading.status, reading.headers, bytes(reading.body))


class Reading:
    """One call as ASGI sees it."""

    def __init__(self, body: bytes) -> None:
        self._asked = body
        self.status = 500
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    async def receive(self) -> Message:
        body, self._asked = self._asked, b""
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def make_scope(letter: Letter) -> dict[str, Any]:
    """The ASGI scope of a letter."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in letter.headers]
    if letter.body and not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", b"application/json"))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": letter.method,
        "scheme": "http",
        "path": unquote(letter.path),
        "raw_path": letter.path.encode("ascii"),
        "query_string": letter.query.encode("ascii"),
        "root_path": "",
        "headers": headers,
        "client": ADDRESS,
        "server": ADDRESS,
    }
