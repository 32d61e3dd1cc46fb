"""Streamable HTTP: revision 2026-07-28, which keeps nothing between two requests, and the older ones, which have sessions.

Answers are JSON; a client that sent a progressToken gets server-sent events.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER, check_accept_headers
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from server.core.memory_budget import LARGE
from server.core.strict_json import TooManyValues, check_values
from server.http.in_process import InternalRequest, ResponseCollector, make_scope
from server.http.request_body import StrictRequest
from server.projections.mcp.event_stream import streaming
from server.projections.mcp.sessions import Session, Sessions
from server.sdk.disconnect import DisconnectWatch

PROGRESS = b'"progressToken"'
BEHIND_MIDDLEWARE = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # HostOriginMiddleware has looked


@dataclass(frozen=True)
class SessionLimits:
    """The limits of clients. `idle_seconds`: after which an unused session ends. `largest_body`: bytes.

    `own_sessions`: of one client; if it opens more, its least recently used one is ended.
    """

    idle_seconds: float = 1800
    sessions: int = 1000
    own_sessions: int = 32
    largest_body: int = 4 * 1024 * 1024


class Transport:
    """Runs a server of the SDK behind our own middleware. A session belongs to the client that opened it."""

    def __init__(self, server: Server[Any], limits: SessionLimits) -> None:
        self._limits = limits
        self._json = server.get_request_handler("logging/setLevel") is None  # JSON has no room for log messages beside an answer
        self._manager = StreamableHTTPSessionManager(
            server,
            json_response=self._json,
            security_settings=BEHIND_MIDDLEWARE,
            session_idle_timeout=limits.idle_seconds,
            max_sessions=limits.sessions,
            max_request_body_size=limits.largest_body,
        )
        self._sessions = Sessions(limits.own_sessions)
        self._ready = asyncio.Event()
        self._over = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin, in a task of its own, for what it opens has to be closed by the same one."""
        self._life = asyncio.create_task(self._live())
        opening = asyncio.create_task(self._ready.wait())
        await asyncio.wait({self._life, opening}, return_when=asyncio.FIRST_COMPLETED)
        opening.cancel()
        if self._life.done():
            self._life.result()

    async def _live(self) -> None:
        async with self._manager.run():
            self._ready.set()
            await self._over.wait()

    async def answer(self, scope: Scope, receive: Receive, send: Send, *, client: str) -> None:
        """Answer one request of a client.

        Raises HTTPException if its body is too large, TooManyRequests if it wants another session and all it has are at work.
        """
        request = StrictRequest(scope, receive, self._limits.largest_body)
        try:
            body = await request.body()
            await asyncio.to_thread(check_values, body) if len(body) > LARGE else check_values(body)
        except ClientDisconnect:
            return
        except TooManyValues:
            raise HTTPException(413) from None
        if "accept" not in request.headers:
            scope = {**scope, "headers": [*scope["headers"], (b"accept", b"application/json")]}
        scope = {**scope, "user": AuthenticatedUser(AccessToken(token="", client_id=client, scopes=[]))}
        replay = partial(replay_body, [body], receive)
        if self._json and PROGRESS in body and check_accept_headers(Request(scope)) == (True, True):
            async with streaming(send) as send_event:
                await self._answer(scope, replay, send_event, client)
        else:
            await self._answer(scope, replay, send, client)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, client: str) -> None:
        if is_modern(scope):
            with DisconnectWatch(receive):
                await self._manager.handle_request(scope, receive, send)
            return
        session_id = Headers(scope=scope).get(MCP_SESSION_ID_HEADER)
        with self._sessions.use(client, session_id) as session:
            while session_id is None and (evicted := self._sessions.make_room(client)):
                await self._end(evicted, scope)
            await self._manager.handle_request(scope, receive, partial(watch, session, scope["method"], send))

    async def _end(self, session_id: str, scope: Scope) -> None:
        """End a session as its client would."""
        ending = InternalRequest("DELETE", scope["path"], headers=((MCP_SESSION_ID_HEADER, session_id),))
        collector = ResponseCollector(b"")
        await self._manager.handle_request({**make_scope(ending), "user": scope["user"]}, collector.receive, collector.send)

    async def close(self) -> None:
        """End every session and every answer that is on its way."""
        self._over.set()
        if self._life:
            await self._life


def is_modern(scope: Scope) -> bool:
    """Return whether a request is of a revision without sessions, as the SDK tells them apart."""
    revision = Headers(scope=scope).get(MCP_PROTOCOL_VERSION_HEADER)
    return revision is not None and revision not in HANDSHAKE_PROTOCOL_VERSIONS


async def replay_body(unread: list[bytes], receive: Receive) -> Message:
    """Receive a body that has been read already, and then what comes after it."""
    if unread:
        return {"type": "http.request", "body": unread.pop(), "more_body": False}
    return await receive()


async def watch(session: Session, method: str, send: Send, message: Message) -> None:
    """Learn from an answer what became of a session."""
    if message["type"] == "http.response.start":
        status = message["status"]
        if not session.id and status < 400:
            session.id = Headers(raw=list(message["headers"])).get(MCP_SESSION_ID_HEADER, "")
        session.over |= status == 404 or (method == "DELETE" and status < 400)
    await send(message)
