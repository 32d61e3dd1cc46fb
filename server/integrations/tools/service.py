"""Gateway's service: the servers, and their tools in force as dynamic operations."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from server.core.errors import DeskhandError, NotFound
from server.core.text import shorten
from server.integrations.tools.config.parser import parse_config
from server.integrations.tools.files import ToolFiles
from server.integrations.tools.models import Imported, Tool, ToolResult, UpstreamConfig, UpstreamSecrets, UpstreamState
from server.integrations.tools.offer import OfferedTool
from server.integrations.tools.offers import Offers
from server.integrations.tools.questions import Questions
from server.integrations.tools.store import Store
from server.integrations.tools.stored import Credentials, fingerprint, fingerprint_tool
from server.integrations.tools.upstream import Upstream
from server.integrations.tools.watcher import Watcher
from server.sdk.context import Context
from server.sdk.dynamic import DynamicOperations
from server.sdk.health import Health

Change = Callable[[UpstreamConfig, UpstreamSecrets], tuple[UpstreamConfig, UpstreamSecrets]]

TOPIC = "tools"
ADD_SECONDS = 30.0  # to wait for the tools of servers that were added
TRY_SECONDS = 120.0  # for a call of the person
SETTLED = {UpstreamState.ready, UpstreamState.waiting, UpstreamState.failed}

log = logging.getLogger(__name__)


class ToolsService(Health):
    """The servers by id, in `upstreams`; their tools are in `offers`."""

    def __init__(self, context: Context) -> None:
        self._context, self._store = context, Store(context.settings, context.secrets)
        self.upstreams: dict[str, Upstream] = {}
        self.offers, self.questions = Offers(ToolFiles(context.fetch)), Questions(context)
        self.watcher = Watcher(self, self._store)
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
        return f"The watched configuration: {self.watcher.error}" if self.watcher.error else None

    @property
    def is_set_up(self) -> bool:
        return bool(self.upstreams)

    @property
    def summary(self) -> str:
        """Numbers of servers and tools."""
        servers, tools = len(self.upstreams), len(self.offers.tools)
        if not servers:
            return "For MCP servers; none added"
        return f"{servers} {'server' if servers == 1 else 'servers'}, {tools} {'tool' if tools == 1 else 'tools'}"

    def find_query_tools(self) -> list[OfferedTool]:
        """List the tools that answer questions: the one in the settings, else all called natural_query."""
        return self.offers.find_query_tools(self._store.settings.query_tool)

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

    async def add(
        self, text: str, inputs: dict[str, str], variables: Mapping[str, str] | None = None
    ) -> tuple[Imported, list[str]]:
        """Add the servers of a configuration, or replace those of the same ids. Returns with their tools, if they start.

        Raises InvalidInput if it has no usable server.
        """
        imported = await asyncio.to_thread(parse_config, text, variables, inputs)
        async with self._changing:
            added = [await self._add(config, imported.secrets[config.id]) for config in imported.upstreams]
        await self.settle(added)
        return imported, added

    async def put(self, config: UpstreamConfig, secrets: UpstreamSecrets, credentials: Credentials | None) -> str:
        """Add a server, or replace the one of its id, and return its id. `credentials`: None if the person adds it."""
        async with self._changing:
            if credentials is None:
                return await self._add(config, secrets)
            config = config.model_copy(update={"id": self._store.choose_id(config)})
            await self._store.put(config, credentials)
            await self._open(config, credentials)
        return config.id

    async def settle(self, server_ids: Collection[str]) -> None:
        """Wait until servers run or have failed, not for ever, and put their tools in force."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ADD_SECONDS):
                await asyncio.gather(*(self._wait_settled(server_id) for server_id in server_ids))
        await self.update()

    async def _add(self, config: UpstreamConfig, secrets: UpstreamSecrets) -> str:
        config = config.model_copy(update={"id": self._store.choose_id(config)})
        credentials, current = Credentials(), self.upstreams.get(config.id)
        if current and current.credentials.fingerprint == fingerprint(config):  # a changed command starts untrusted
            credentials, config = current.credentials, config.model_copy(update={"offered": current.config.offered})
        credentials = credentials.model_copy(update={"secrets": secrets, "fingerprint": fingerprint(config)})
        await self._store.put(config, credentials)
        await self._open(config, credentials)
        return config.id

    async def _open(self, config: UpstreamConfig, credentials: Credentials) -> None:
        if former := self.upstreams.get(config.id):
            await former.close()
        ask = partial(self.questions.ask, config.id, config.title)
        upstream = Upstream(config, credentials, self._changed.set, self._context.clock, ask)
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

    async def confirm(self, server_id: str, revision: str = "") -> None:
        """Run a configuration that came from elsewhere, such as a backup; untrusted. Raises Conflict if it has changed since.

        `revision`: of the configuration that the person saw.
        """
        async with self._changing:
            upstream = self.find(server_id)
            self.watcher.require_seen(server_id, revision)
            secrets = upstream.credentials.secrets
            credentials = Credentials(secrets=secrets, fingerprint=fingerprint(upstream.config))
            await self._store.write_credentials(server_id, credentials)
            await self._open(upstream.config, credentials)
        await self.update()

    async def reconfigure(self, server_id: str, change: Change, *, reopen: bool = True) -> None:
        """Change a configuration, but not what it runs or reaches, and its secrets. `reopen`: the server starts again."""
        async with self._changing:
            upstream = self.find(server_id)
            config, secrets = change(upstream.config, upstream.credentials.secrets)
            credentials = upstream.credentials.model_copy(update={"secrets": secrets})
            await self._store.put(config, credentials)
            upstream.config, upstream.credentials = config, credentials
            if reopen:
                await self._open(config, credentials)
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
        return await self.find(server_id).call(self.find_listed(server_id, name).name, arguments, TRY_SECONDS)

    def list_routers(self) -> tuple[DynamicOperations, ...]:
        """List the dynamic operations, named anew if other operations have come meanwhile."""
        names = frozenset(self._context.operations.list_names())
        if self.offers.reserved != names:
            self.offers.make(self.upstreams, names)
        return self.offers.routers

    async def update(self) -> None:
        """Put the tools in force as they are now."""
        async with self._updating:
            names = frozenset(self._context.operations.list_names())
            if await asyncio.to_thread(self.offers.make, dict(self.upstreams), names):
                await self._context.operations.refresh()
        self.publish()

    def publish(self) -> None:
        """Publish that what the person sees has changed."""
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
    context.approval_requests.add(service.questions)
    tasks = [context.tasks.start(service.follow(), name="offer the tools of MCP servers")]
    try:
        await service.open_all()
        tasks.append(context.tasks.start(service.watcher.follow(), name="follow the watched configuration"))
        yield service
    finally:
        for task in tasks:
            task.cancel()
        await service.close()
