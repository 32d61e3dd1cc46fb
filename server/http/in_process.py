"""In-process calls: approved calls and MCP tool calls.

They go to their operation's route directly, without middleware and routing, through the same guard as every other call.
The client is in the ASGI scope, where no header can set it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Match
from starlette.types import Message

from server.http.dynamic_routes import DynamicRoutes
from server.http.exception_handlers import SENTENCES
from server.http.problem_details import problem_body

CLIENT = "deskhand.client"  # the server.access.clients.client.Client on whose behalf it is
OPERATION = "deskhand.operation"  # the operation's name; where a path leads to another one, nothing runs
APPROVAL = "deskhand.approval"  # the approval with which it runs
COUNTED = "deskhand.counted"  # its rate limit has counted the request that it is part of
CALLER_TOKEN = "deskhand.caller_token"  # of a caller, for the outside service alone  # noqa: S105, its name
ADDRESS = ("127.0.0.1", 0)
JSON_HEADER = (b"content-type", b"application/json")


@dataclass(frozen=True)
class InternalRequest:
    """A request without its connection. `path` is percent-encoded, `query` is without its question mark."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class InternalResponse:
    """The answer to an internal request; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class InProcessClient:
    """Sends the program's own calls to their routes. `app`: the public application; set when it is put together.

    `prepare`: makes the deferred routes that own a path. `dynamic`: the routes that come and go.
    """

    def __init__(self, dynamic: DynamicRoutes | None = None) -> None:
        self._dynamic = dynamic or DynamicRoutes()
        self._app: FastAPI | None = None
        self._routes: dict[str, APIRoute] = {}
        self.prepare: Callable[[str], Awaitable[bool]] | None = None

    @property
    def app(self) -> FastAPI | None:
        """The application whose routes are called."""
        return self._app

    @app.setter
    def app(self, app: FastAPI) -> None:
        self._app, self._routes = app, {}

    async def call(self, request: InternalRequest, **scope: Any) -> InternalResponse:
        """Call the operation named in `scope`, for example {CLIENT: client, OPERATION: name}.

        404 if the operation does not exist, or the path belongs to another one.
        """
        if self._app is None:
            raise RuntimeError("The application is not put together yet.")
        route, whole = self._find_route(scope[OPERATION]), make_scope(request) | scope
        while route is None and self.prepare and await self.prepare(whole["path"]):  # several parts may own a path
            route = self._find_route(scope[OPERATION])
        match, matched = route.matches(whole) if route else (Match.NONE, {})
        if route is None or match is not Match.FULL:
            return InternalResponse(404, body=problem_body(404, SENTENCES[404], {}))
        collector = ResponseCollector(request.body)
        whole |= {**matched, "app": self._app}
        await AsyncExitStackMiddleware(route.handle)(whole, collector.receive, collector.send)
        return InternalResponse(collector.status, collector.headers, bytes(collector.body))

    def _find_route(self, operation: str) -> APIRoute | None:
        """Find a route by its operationId; an integration that came later is found at its first call."""
        if operation not in self._routes and self._app:
            routes = [context.original_route for context in iter_route_contexts(self._app.routes)]
            self._routes = {route.operation_id: route for route in routes if isinstance(route, APIRoute) and route.operation_id}
        return self._routes.get(operation) or self._dynamic.find(operation)


class ResponseCollector:
    """The ASGI side of one call: gives it the body and collects its whole answer."""

    def __init__(self, body: bytes) -> None:
        self._unread: bytes | None = body
        self.status = 500
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    async def receive(self) -> Message:
        if self._unread is None:  # a caller in the same process does not disconnect
            await asyncio.get_running_loop().create_future()
        body, self._unread = self._unread or b"", None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def make_scope(request: InternalRequest) -> dict[str, Any]:
    """Make the ASGI scope of a request."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    if request.body and not any(name == b"content-type" for name, _ in headers):
        headers.append(JSON_HEADER)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(request.path),
        "raw_path": request.path.encode("ascii"),
        "query_string": request.query.encode("ascii"),
        "root_path": "",
        "headers": headers,
        "client": ADDRESS,
        "server": ADDRESS,
    }
