"""Gateway's service: the servers, and their tools in force as dynamic operations."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from server.core.errors import DeskhandError, NotFound
from server.core.text import shorten
from server.integrations.tools.config.parser import parse_config
from server.integrations.tools.models import Imported, Tool, ToolResult, UpstreamConfig, UpstreamSecrets, UpstreamState
from server.integrations.tools.names import list_prefixed
from server.integrations.tools.offer import Offer, OfferedTool, make_offer, name_tools
from server.integrations.tools.store import Store
from server.integrations.tools.stored import Credentials, fingerprint, fingerprint_tool
from server.integrations.tools.upstream import Upstream
from server.sdk.context import Context
from server.sdk.dynamic import DynamicOperations
from server.sdk.health import Health

TOPIC = "tools"
NATURAL_QUERY = "natural_query"
ADD_SECONDS = 30.0  # to wait for the tools of servers that were added
SETTLED = {UpstreamState.ready, UpstreamState.waiting, UpstreamState.failed}

log = logging.getLogger(__name__)


class ToolsService(Health):
    """The servers by id. `offers`: their tools in force."""

    def __init__(self, context: Context) -> None:
        self._context, self._store = context, Store(context.settings, context.secrets)
        self.upstreams: dict[str, Upstream] = {}
        self.offers: dict[str, Offer] = {}
        self._names: frozenset[str] = frozenset()  # of other operations, as the tools were named
        self._changed = asyncio.Event()
        self._changing, self._updating = asyncio.Lock(), asyncio.Lock()

    @property
    def problem(self) -> str | None:
        """The error of a server that does not run."""
        for upstream in self.upstreams.values():
            if not upstream.is_confirmed:
                return f"The MCP server “{upstream.config.title}” is not the one that you added. Confirm it, or remove it."
            if upstream.status.state is UpstreamState.failed:
                return upstream.status.error
        return None

    @property
    def is_set_up(self) -> bool:
        return bool(self.upstreams)

    @property
    def summary(self) -> str:
        """Numbers of servers and tools."""
        servers, tools = len(self.upstreams), len(self.list_tools())
        if not servers:
            return "For MCP servers; none added"
        return f"{servers} {'server' if servers == 1 else 'servers'}, {tools} {'tool' if tools == 1 else 'tools'}"

    def list_tools(self) -> list[OfferedTool]:
        """List the tools in force."""
        return [tool for offer in self.offers.values() for tool in offer.tools if tool.identity in offer.schemas]

    def list_renamed(self) -> dict[str, list[str]]:
        """List the tools that are called otherwise than at their server."""
        return list_prefixed({tool.key: tool.public for tool in self.list_tools()})

    def parameters_of(self, tool: OfferedTool) -> dict[str, Any]:
        """The input schema of a tool, as it is offered."""
        return self.offers[tool.key.server].schemas[tool.identity].schema

    def find_tool(self, name: str) -> OfferedTool:
        """Find a tool by any of its names. Raises NotFound, which says what several tools of one name are called."""
        for tool in self.list_tools():
            if name in {tool.public.name, tool.identity, tool.public.path}:
                return tool
        if others := self.list_renamed().get(name):
            raise NotFound(f"Several servers have a tool of this name. Use one of {', '.join(others)}.")
        raise NotFound(f"There is no tool called {shorten(name)}. GET /tools lists them.")

    def find_query_tools(self) -> Iterator[OfferedTool]:
        """List the tools that can answer a question: the one in the settings, else all called natural_query."""
        chosen = self._store.settings.query_tool
        for tool in self.list_tools():
            if chosen in {tool.public.name, tool.identity} if chosen else tool.key.tool == NATURAL_QUERY:
                yield tool

    def find(self, server_id: str) -> Upstream:
        """Find a server. Raises NotFound."""
        if upstream := self.upstreams.get(server_id):
            return upstream
        raise NotFound("There is no such MCP server.")

    def find_listed(self, server_id: str, name: str) -> Tool:
        """Find a tool as its server lists it. Raises NotFound."""
        for tool in self.find(server_id).list_tools():
            if tool.name == name:
                return tool
        raise NotFound(f"“{self.find(server_id).config.title}” has no tool called {shorten(name)}.")

    async def add(self, text: str, inputs: dict[str, str]) -> tuple[Imported, list[str]]:
        """Add the servers of a configuration, or replace those of the same ids. Returns with their tools, if they start.

        Raises InvalidInput if it has no usable server.
        """
        imported = await asyncio.to_thread(parse_config, text, None, inputs)
        async with self._changing:
            added = [await self._add(config, imported.secrets[config.id]) for config in imported.upstreams]
        with suppress(TimeoutError):
            async with asyncio.timeout(ADD_SECONDS):
                await asyncio.gather(*(self._wait_settled(server_id) for server_id in added))
        await self.update()
        return imported, added

    async def _add(self, config: UpstreamConfig, secrets: UpstreamSecrets) -> str:
        config = config.model_copy(update={"id": self._store.choose_id(config)})
        credentials, current = Credentials(), self.upstreams.get(config.id)
        if current and current.credentials.fingerprint == fingerprint(config):  # a changed command starts untrusted
            credentials = current.credentials
        credentials = credentials.model_copy(update={"secrets": secrets, "fingerprint": fingerprint(config)})
        await self._store.put(config, credentials)
        await self._open(config, credentials)
        return config.id

    async def _open(self, config: UpstreamConfig, credentials: Credentials) -> None:
        if former := self.upstreams.get(config.id):
            await former.close()
            self.offers.pop(config.id, None)
        upstream = Upstream(config, credentials, self._changed.set, self._context.clock)
        self.upstreams[config.id] = upstream
        await upstream.start()
        self._changed.set()

    async def _wait_settled(self, server_id: str) -> None:
        upstream = self.find(server_id)
        while upstream.is_on and upstream.status.state not in SETTLED:
            await upstream.supervisor.wait_changed()

    async def remove(self, server_id: str) -> None:
        """Remove a server with its secrets. Raises NotFound."""
        async with self._changing:
            upstream = self.find(server_id)
            await self._store.remove(upstream.config)
            del self.upstreams[server_id]
            await upstream.close()
        await self.update()

    async def confirm(self, server_id: str) -> None:
        """Run a configuration that came from elsewhere, such as a backup; untrusted."""
        async with self._changing:
            upstream = self.find(server_id)
            secrets = upstream.credentials.secrets
            credentials = Credentials(secrets=secrets, fingerprint=fingerprint(upstream.config))
            await self._store.write_credentials(server_id, credentials)
            await self._open(upstream.config, credentials)
        await self.update()

    async def restart(self, server_id: str) -> None:
        """Start a server again."""
        async with self._changing:
            upstream = self.find(server_id)
            await self._open(upstream.config, upstream.credentials)

    async def trust(self, server_id: str, *, trusted: bool) -> None:
        """Trust a server with its tools as they are now, or no longer."""
        accepted = {tool.name: fingerprint_tool(tool) for tool in self.find(server_id).list_tools()} if trusted else {}
        await self._change_credentials(server_id, trusted=trusted, accepted=accepted)

    async def mark_read_only(self, server_id: str, name: str, *, read_only: bool) -> None:
        """Mark a tool, as it is now, as one that only reads, or as one that does not."""
        tool = self.find_listed(server_id, name)
        others = {other: mark for other, mark in self.find(server_id).credentials.read_only.items() if other != name}
        await self._change_credentials(server_id, read_only=others | ({name: fingerprint_tool(tool)} if read_only else {}))

    async def _change_credentials(self, server_id: str, **changes: Any) -> None:
        async with self._changing:
            upstream = self.find(server_id)
            credentials = upstream.credentials.model_copy(update=changes)
            await self._store.write_credentials(server_id, credentials)
            upstream.credentials = credentials
        await self.update()

    async def try_tool(self, server_id: str, name: str, arguments: dict[str, Any]) -> ToolResult:
        """Call a tool for the person."""
        return await self.find(server_id).call(self.find_listed(server_id, name).name, arguments)

    def list_routers(self) -> tuple[DynamicOperations, ...]:
        """List the dynamic operations, named anew if other operations have come meanwhile."""
        if self._names != frozenset(self._context.operations.list_names()):
            self._make_offers()
        return tuple(offer.router for offer in self.offers.values())

    def _make_offers(self) -> bool:
        """Make the operations of what has changed. Returns whether anything has. Blocks."""
        names, upstreams = frozenset(self._context.operations.list_names()), dict(self.upstreams)
        offered, offers = name_tools(upstreams.values(), names), dict[str, Offer]()
        for server_id, upstream in upstreams.items():
            tools = tuple(tool for tool in offered if tool.key.server == server_id)
            former = self.offers.get(server_id)
            if former and former.upstream is upstream and former.tools == tools:
                offers[server_id] = former
            elif tools:
                offers[server_id] = make_offer(upstream, tools)
        changed = offers != self.offers
        self.offers, self._names = offers, names
        return changed

    async def update(self) -> None:
        """Put the tools in force as they are now."""
        async with self._updating:
            if await asyncio.to_thread(self._make_offers):
                await self._context.operations.refresh()
        self._context.events.publish(TOPIC)

    async def follow(self) -> None:
        """Follow the changes of servers."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self.update()
            except DeskhandError:
                log.exception("The tools of MCP servers could not be offered.")

    async def open_all(self) -> None:
        """Start the servers in the settings."""
        for config in self._store.settings.upstreams:
            await self._open(config, await self._store.read_credentials(config.id))

    async def close(self) -> None:
        """End all servers."""
        await asyncio.gather(*(upstream.close() for upstream in self.upstreams.values()))


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[ToolsService]:
    """Start the servers, and offer their tools as they come."""
    service = ToolsService(context)
    following = context.tasks.start(service.follow(), name="offer the tools of MCP servers")
    try:
        await service.open_all()
        yield service
    finally:
        following.cancel()
        await service.close()
