"""Streamable HTTP: revision 2026-07-28, which keeps nothing between two requests, and the older ones, which have sessions."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True)
class Room:
    """What clients may take. `idle_seconds`: after which a session that nobody uses ends. `largest_body`: bytes."""

    idle_seconds: float = 1800
    sessions: int = 1000
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
        """Answer one request of a client, at one of these addresses, from a page of one of these origins."""
        own = {f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts}
        self._security.allowed_hosts = sorted(hosts)
        self._security.allowed_origins = sorted(own.union(origins))
        user = AuthenticatedUser(AccessToken(token="", client_id=client, scopes=[]))
        await self._manager.handle_request({**scope, "user": user}, receive, send)

    async def close(self) -> None:
        """End every session and every answer that is on its way."""
        self._over.set()
        if self._life:
            await self._life
