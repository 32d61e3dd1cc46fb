"""One configured server while Deskhand runs: its credentials, log and sessions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from server.core.clock import Clock
from server.core.errors import Unavailable
from server.integrations.tools.config.connection import resolve
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Tool, ToolResult, UpstreamConfig, UpstreamStatus
from server.integrations.tools.sessions import Sessions
from server.integrations.tools.stored import Credentials, fingerprint, fingerprint_tool
from server.integrations.tools.supervisor import Supervisor, UpstreamSession

SHOWN = 200  # characters of an address or a command


class Upstream:
    """A server. `on_change` is called after every change of its state or its lists."""

    def __init__(self, config: UpstreamConfig, credentials: Credentials, on_change: Callable[[], None], clock: Clock) -> None:
        self.config, self.credentials = config, credentials
        values = credentials.secrets
        texts = [*values.environment.values(), *values.headers.values(), *values.variables.values(), values.query]
        self.log = UpstreamLog(value.get_secret_value() for value in texts)
        self.supervisor = Supervisor(config.title, self._open, on_change, clock=clock)
        self._sessions = Sessions(lambda _: self.supervisor, clock=clock)
        self._closed = False
        self._fingerprint = fingerprint(config)

    @property
    def is_confirmed(self) -> bool:
        """Return whether the person has added this very configuration."""
        return self.credentials.fingerprint == self._fingerprint

    @property
    def is_on(self) -> bool:
        return self.config.enabled and self.is_confirmed

    @property
    def status(self) -> UpstreamStatus:
        return self.supervisor.status

    @property
    def target(self) -> str:
        """Its address or command, as it may be shown."""
        text = self.config.url or " ".join((self.config.command, *self.config.arguments))
        return self.log.redact(text)[:SHOWN]

    def list_tools(self) -> tuple[Tool, ...]:
        """List the tools that are offered."""
        if not self.is_on:
            return ()
        return tuple(tool for tool in self.supervisor.catalog.tools if tool.name not in self.config.disabled_tools)

    def is_read_only(self, tool: Tool) -> bool:
        """Return whether the person has marked the tool, as it is now, as one that only reads."""
        return self.credentials.read_only.get(tool.name) == fingerprint_tool(tool)

    def is_trusted(self, tool: Tool) -> bool:
        """Return whether the person trusts the server, and the tool is what it was then."""
        return self.credentials.trusted and self.credentials.accepted.get(tool.name) == fingerprint_tool(tool)

    async def start(self) -> None:
        """Start it, unless it is off."""
        if self.is_on:
            await self._sessions.get()

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        """Call one of its tools. Raises Unavailable if it is off, or has been removed."""
        if self._closed or not self.is_on:
            raise Unavailable(f"“{self.config.title}” is off.")
        supervisor = await self._sessions.get()
        async with supervisor.session() as session:
            return await session.call_tool(tool, arguments)

    async def close(self) -> None:
        """End its sessions, for good."""
        self._closed = True
        await self._sessions.close()

    @asynccontextmanager
    async def _open(self, on_change: Callable[[], None]) -> AsyncIterator[UpstreamSession]:
        adapter = await asyncio.to_thread(import_module, "server.integrations.tools.adapter.session")
        connection = await asyncio.to_thread(resolve, self.config, self.credentials.secrets)
        async with adapter.open_session(connection, self.log, on_change) as session:
            yield session
