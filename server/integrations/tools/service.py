"""Gateway's service: the servers, and their tools in force as dynamic operations."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from server.core.errors import DeskhandError
from server.integrations.tools.callers import scope_of
from server.integrations.tools.files import ToolFiles
from server.integrations.tools.models import UpstreamState
from server.integrations.tools.offer import OfferedTool
from server.integrations.tools.offers import Offers
from server.integrations.tools.presets.presets import POLL_SECONDS, Presets
from server.integrations.tools.presets.startup import add_wanted
from server.integrations.tools.questions import Questions
from server.integrations.tools.servers import Servers
from server.integrations.tools.store import Store
from server.integrations.tools.watcher import Watcher
from server.sdk.context import Context
from server.sdk.dynamic import DynamicOperations
from server.sdk.health import Health

TOPIC = "tools"

log = logging.getLogger(__name__)


class ToolsService(Health):
    """Servers, in `servers`, and their tools, in `offers`."""

    def __init__(self, context: Context) -> None:
        self._context, self._store = context, Store(context.settings, context.secrets)
        self._changed, self._updating = asyncio.Event(), asyncio.Lock()
        self.offers, self.questions = Offers(ToolFiles(context.fetch)), Questions(context)
        self.servers = Servers(context, self._store, self.questions.ask, self._changed.set, self.update)
        self.watcher = Watcher(self.servers, self._store, self.publish)
        self.presets = Presets(context, self.servers.put, self.servers.list_configs, self.publish)
        context.caller_tokens.on_end.append(self._end_callers)

    @property
    def problem(self) -> str | None:
        """The error of a server that does not run."""
        for upstream in self.servers.upstreams.values():
            if not upstream.is_confirmed:
                return f"The MCP server “{upstream.config.title}” is not the one that you added. Confirm it, or remove it."
            if upstream.status.state is UpstreamState.failed:
                return upstream.status.error
        return f"The watched configuration: {self.watcher.error}" if self.watcher.error else None

    @property
    def is_set_up(self) -> bool:
        return bool(self.servers.upstreams)

    @property
    def summary(self) -> str:
        """Numbers of servers and tools."""
        servers, tools = len(self.servers.upstreams), len(self.offers.tools)
        if not servers:
            return "For MCP servers; none added"
        return f"{servers} {'server' if servers == 1 else 'servers'}, {tools} {'tool' if tools == 1 else 'tools'}"

    def find_query_tools(self) -> list[OfferedTool]:
        """List the tools that answer questions: the one in the settings, else all called natural_query."""
        return self.offers.find_query_tools(self._store.settings.query_tool)

    @property
    def public_address(self) -> str:
        return self._context.address.public

    async def remove(self, server_id: str) -> None:
        """Remove a server with its secrets, and an environment that nothing else needs. Raises NotFound."""
        await self.servers.remove(server_id)
        await self.presets.remove_unused()

    async def confirm(self, server_id: str, revision: str = "") -> None:
        """Run a configuration that came from elsewhere, such as a backup; untrusted. Raises Conflict if it has changed since.

        `revision`: of the configuration that the person saw.
        """
        await self.servers.confirm(server_id, partial(self.watcher.require_seen, server_id, revision))

    def _end_callers(self, scope: str) -> None:
        """End the sessions of callers who may not use a scope any more, also because the person has revoked their client."""
        for upstream in self.servers.upstreams.values():
            if scope_of(upstream.config.id) == scope:
                self._context.tasks.start(upstream.sessions.end_callers(), name="end the sessions of callers")
                self.publish()

    def list_routers(self) -> tuple[DynamicOperations, ...]:
        """List the dynamic operations, named anew if other operations have come meanwhile."""
        names = frozenset(self._context.operations.list_names())
        if self.offers.reserved != names:
            self.offers.make(self.servers.upstreams, names)
        return self.offers.routers

    async def update(self) -> None:
        """Put the tools in force as they are now."""
        async with self._updating:
            await self.servers.observe()
            names = frozenset(self._context.operations.list_names())
            if await asyncio.to_thread(self.offers.make, dict(self.servers.upstreams), names):
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


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[ToolsService]:
    """Start the servers, and offer their tools as they come."""
    service = ToolsService(context)
    context.approval_requests.add(service.questions)
    tasks = [context.tasks.start(service.follow(), name="offer the tools of MCP servers")]
    try:
        await service.servers.open_all()
        await service.presets.remove_unused()
        context.tasks.start(add_wanted(service.presets), name="add presets")
        context.tasks.repeat(service.presets.check, lambda: POLL_SECONDS, name="look for newer presets")
        tasks.append(context.tasks.start(service.watcher.follow(), name="follow the watched configuration"))
        yield service
    finally:
        for task in tasks:
            task.cancel()
        await service.servers.close()
