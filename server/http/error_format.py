"""Failures in another form than problem documents, for paths whose clients expect it, such as those of OpenAI's API."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Response
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.problem_details import PROBLEM_TYPE

NAMED = {"type", "title", "status", "detail"}  # members of a problem document that a Failure has otherwise
REPLACED = {b"content-type", b"content-length"}


@dataclass(frozen=True)
class Failure:
    """A failure. `detail`: what happened and what to do, in a sentence; `extra`: more, as the error has it."""

    status: int
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ErrorFormat:
    """The form of all failures on a router's paths, also 401, 403, 404, 413, 429 and 5xx.

    `write`: the body of one, which `model` describes in documents. `statuses`: those that are answered in place of others.
    `headers`: that one has besides. In a stream that has begun, a failure is an event `error` with the same body.
    """

    model: type[BaseModel]
    write: Callable[[Failure], Mapping[str, Any]]
    statuses: Mapping[int, int] = field(default_factory=lambda: {422: 400})
    headers: Callable[[Failure], Mapping[str, str]] = field(default=lambda _: {})

    def replace(self, failure: Failure) -> Failure:
        """The failure with the status that is answered."""
        return Failure(self.statuses.get(failure.status, failure.status), failure.detail, failure.extra)

    def write_body(self, failure: Failure) -> bytes:
        """Write the body of a failure."""
        return json.dumps(self.write(self.replace(failure)), ensure_ascii=False, default=str).encode("utf-8", "replace")


FindFormat = Callable[[str], ErrorFormat | None]


def read_failure(body: bytes) -> Failure | None:
    """Read a problem document; None if it is none."""
    try:
        document = json.loads(body)
        extra = {name: value for name, value in document.items() if name not in NAMED}
        return Failure(int(document["status"]), str(document["detail"]), extra)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def write_event(response: Response, error_format: ErrorFormat | None) -> bytes:
    """Write a problem document as an event of a stream that has begun, in the format of its router."""
    body = bytes(response.body)
    failure = read_failure(body) if error_format else None
    return b"event: error\ndata: %b\n\n" % (error_format.write_body(failure) if error_format and failure else body)


class ErrorFormatMiddleware:
    """Replaces each problem document on paths that have a format of their own. `find`: the format of a path, if it has one."""

    def __init__(self, app: ASGIApp, find: FindFormat) -> None:
        self._app, self._find = app, find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, Replacement(scope, send, self._find) if scope["type"] == "http" else send)


class Replacement:
    """One answer, which is held back while it may be a problem document in need of another form."""

    def __init__(self, scope: Scope, send: Send, find: FindFormat) -> None:
        self._scope, self._send, self._find = scope, send, find
        self._format: ErrorFormat | None = None
        self._start: Message = {}
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and is_problem(message):
            self._start, self._format = message, self._find(self._scope["path"])
        if self._format is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._replace(self._format)

    async def _replace(self, error_format: ErrorFormat) -> None:
        start, body, failure = self._start, bytes(self._body), read_failure(bytes(self._body))
        if failure or not body:  # HEAD has no body
            shown = error_format.replace(failure or Failure(start["status"], ""))
            body = error_format.write_body(shown) if body else b""
            more = [(name.lower().encode(), value.encode("latin-1")) for name, value in error_format.headers(shown).items()]
            others = [header for header in start["headers"] if header[0].lower() not in REPLACED]
            own = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            start = {**start, "status": shown.status, "headers": [*others, *own, *more]}
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def is_problem(start: Message) -> bool:
    """Return whether an answer is a problem document."""
    kind = next((value for name, value in start.get("headers", []) if name.lower() == b"content-type"), b"")
    return bool(kind.startswith(PROBLEM_TYPE.encode()))
