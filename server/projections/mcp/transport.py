"""Streamable HTTP: revision 2026-07-28, which keeps nothing between two requests, and the older ones, which have sessions."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from server.http.in_process import Letter, Reading, make_scope
from server.projections.mcp.sessions import Session, Sessions


@dataclass(frozen=True)
class Room:
    """What clients may take. `idle_seconds`: after which a session that nobody uses ends. `largest_body`: bytes.

    `own_sessions`: of one client; where it opens more, the one that it did not use for the longest time gives way.
    """

    idle_seconds: float = 1800
    sessions: int = 1000
    own_sessions: int = 32
    largest_body: int = 4 * 1024 * 1024


class Transport:
    """Runs a server of the SDK behind our own door. A session belongs to the client that opened it."""

    def __init__(self, server: Server[Any], room: Room) -> None:
        self._security = TransportSecuritySettings(enable_dns_rebinding_protection=True)
        self._manager = StreamableHTTPSessionManager(
            server,
            security_settings=self._security,
            session_idle_timeout=room.idle_seconds,
            max_sessions=room.sessions,
            max_request_body_size=room.largest_body,
        )
        self._sessions = Sessions(room.own_sessions)
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

    async def answer(
        self, scope: Scope, receive: Receive, send: Send, *, client: str, hosts: Collection[str], origins: Collection[str]
    ) -> None:
        """Answer one request of a client, at one of these addresses, from a page of one of these origins.

        Raises TooManyRequests where it wants another session, and all that it has are at work.
        """
        own = {f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts}
        self._security.allowed_hosts = sorted(hosts)
        self._security.allowed_origins = sorted(own.union(origins))
        user = AuthenticatedUser(AccessToken(token="", client_id=client, scopes=[]))
        known = {**scope, "user": user}
        if is_modern(scope):
            await self._manager.handle_request(known, receive, send)
            return
        named = Headers(scope=scope).get(MCP_SESSION_ID_HEADER)
        with self._sessions.use(client, named) as session:
            while named is None and (old := self._sessions.make_room(client)):
                await self._end(old, user, scope)
            await self._manager.handle_request(known, receive, partial(watch, session, scope["method"], send))

    def opens_session(self, scope: Scope) -> bool:
        """Whether a request may open a session."""
        return not is_modern(scope) and MCP_SESSION_ID_HEADER not in Headers(scope=scope)

    async def _end(self, session_id: str, user: AuthenticatedUser, scope: Scope) -> None:
        """End a session as its client would."""
        host = self._security.allowed_hosts[0]  # not the request's own, which may be none of ours
        ending = Letter("DELETE", scope["path"], headers=(("Host", host), (MCP_SESSION_ID_HEADER, session_id)))
        reading = Reading(b"")
        await self._manager.handle_request({**make_scope(ending), "user": user}, reading.receive, reading.send)

    async def close(self) -> None:
        """End every session and every answer that is on its way."""
        self._over.set()
        if self._life:
            await self._life


def is_modern(scope: Scope) -> bool:
    """Whether a request is of a revision without sessions, as the SDK tells them apart."""
    revision = Headers(scope=scope).get(MCP_PROTOCOL_VERSION_HEADER)
    return revision is not None and revision not in HANDSHAKE_PROTOCOL_VERSIONS


async def watch(session: Session, method: str, send: Send, message: Message) -> None:
    """Learn from an answer what became of a session."""
    if message["type"] == "http.response.start":
        status = message["status"]
        if not session.id and status < 400:
            session.id = Headers(raw=list(message["headers"])).get(MCP_SESSION_ID_HEADER, "")
        session.over |= status == 404 or (method == "DELETE" and status < 400)
    await send(message)
