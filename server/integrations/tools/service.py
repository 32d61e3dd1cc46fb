"""Gateway's service: the servers, and their tools in force as dynamic operations."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from server.core.errors import DeskhandError, NotFound
from server.core.text import shorten
from server.integrations.tools.callers import Callers
from server.integrations.tools.config.connection import read_target
from server.integrations.tools.config.parser import parse_config
from server.integrations.tools.files import ToolFiles
from server.integrations.tools.models import Imported, Tool, ToolResult, UpstreamConfig, UpstreamSecrets, UpstreamState
from server.integrations.tools.names import prefix_of
from server.integrations.tools.offer import OfferedTool
from server.integrations.tools.offers import Offers
from server.integrations.tools.presets.presets import POLL_SECONDS, Presets
from server.integrations.tools.presets.startup import add_wanted
from server.integrations.tools.questions import Questions
from server.integrations.tools.record import Records
from server.integrations.tools.sign_in.sign_ins import SignIns
from server.integrations.tools.store import Store
from server.integrations.tools.stored import Credentials, fingerprint
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
        self._records = Records(context.folders.data)
        self.upstreams: dict[str, Upstream] = {}
        self.offers, self.questions = Offers(ToolFiles(context.fetch)), Questions(context)
        self.watcher = Watcher(self, self._store)
        self.callers = Callers(context.caller_tokens)
        self.sign_ins = SignIns(context, self.restart, self.publish)
        self._changed = asyncio.Event()
        self._changing, self._updating = asyncio.Lock(), asyncio.Lock()
        self.presets = Presets(context, self.put, self._list_configs, lambda: context.events.publish(TOPIC))

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

    @property
    def public_address(self) -> str:
        return self._context.address.public

    def _list_configs(self) -> list[UpstreamConfig]:
        return [upstream.config for upstream in self.upstreams.values()]

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
        return imported, await self.put(imported)

    async def put(self, imported: Imported) -> list[str]:
        """Add servers, or replace those of the same ids; one without secrets keeps those that it has."""
        async with self._changing:
            added = [await self._add(config, imported.secrets.get(config.id)) for config in imported.upstreams]
        await self.settle(added)
        return added

    async def replace(self, config: UpstreamConfig, secrets: UpstreamSecrets, credentials: Credentials | None) -> str:
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

    async def _add(self, config: UpstreamConfig, secrets: UpstreamSecrets | None) -> str:
        config = config.model_copy(update={"id": self._store.choose_id(config)})
        credentials, current = Credentials(), self.upstreams.get(config.id)
        if secrets is None:
            secrets = current.credentials.secrets if current else UpstreamSecrets()
        if current and runs_the_same(current, config, secrets):
            credentials, config = current.credentials, keep_choices(current.config, config)
        else:  # a changed command starts untrusted
            await self._forget(config.id)
        credentials = credentials.model_copy(update={"secrets": secrets, "fingerprint": fingerprint(config)})
        await self._store.put(config, credentials)
        await self._open(config, credentials)
        return config.id

    async def _open(self, config: UpstreamConfig, credentials: Credentials) -> None:
        if former := self.upstreams.get(config.id):
            await former.close()
        record = await asyncio.to_thread(self._records.read, config.id, fingerprint(config))
        ask = partial(self.questions.ask, config.id, config.title)
        sign_in = await self.sign_ins.open(config, credentials)
        upstream = Upstream(config, credentials, self._changed.set, self._context.clock, record, ask, sign_in)
        self.upstreams[config.id] = upstream
        await upstream.start()
        self._changed.set()

    async def _forget(self, server_id: str) -> None:
        """End what the person has permitted for the tools of a server: another one may have its id from now on."""
        await self.callers.disable(server_id)
        await self.sign_ins.forget(server_id)
        await self._context.operations.withdraw(prefix_of(server_id))
        await asyncio.to_thread(self._records.delete, server_id)

    async def _wait_settled(self, server_id: str) -> None:
        upstream = self.find(server_id)
        while upstream.is_on and upstream.status.state not in SETTLED:
            await upstream.supervisor.wait_changed()

    async def remove(self, server_id: str) -> None:
        """Remove a server with its secrets. Raises NotFound."""
        async with self._changing:
            upstream = self.find(server_id)
            await self._forget(server_id)
            await self._store.remove(upstream.config)
            del self.upstreams[server_id]
            await upstream.close()
        await self.presets.remove_unused()
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
            await self._forget(server_id)
            await self._store.write_credentials(server_id, credentials)
            await self._open(upstream.config, credentials)
        await self.update()

    async def reconfigure(self, server_id: str, change: Change, *, reopen: bool = True) -> None:
        """Change a configuration, but not what it runs or reaches, and its secrets. `reopen`: the server starts again."""
        async with self._changing:
            upstream = self.find(server_id)
            config, secrets = change(upstream.config, upstream.credentials.secrets)
            credentials = upstream.credentials.model_copy(update={"secrets": secrets})
            if read_target(config, secrets) != read_target(upstream.config, upstream.credentials.secrets):
                await self._forget(server_id)
                credentials = Credentials(secrets=secrets, fingerprint=upstream.credentials.fingerprint)
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

    async def change_callers(self, server_id: str, *, enabled: bool, variable: str = "") -> None:
        """Let callers bring a token of their own, or no more. Raises InvalidInput without the name of its variable."""
        async with self._changing:
            upstream = self.find(server_id)
            config, credentials = upstream.config, upstream.credentials.model_copy(update={"caller_client": ""})
            if enabled:
                config, credentials = await self.callers.enable(config, credentials, variable)
            else:
                await self.callers.disable(server_id)
            await self._store.put(config, credentials)
            upstream.config, upstream.credentials = config, credentials
            await upstream.sessions.end_callers()
        await self.update()

    async def permit(self, server_id: str, tools: Iterable[Tool], *, instructions: str | None = None, **marks: Any) -> None:
        """Accept tools as they are now, and instructions unless they are None; store marks."""
        async with self._changing, self._updating:
            upstream = self.find(server_id)
            record = await asyncio.to_thread(upstream.record.accept, server_id, tools)
            record = record if instructions is None else record.model_copy(update={"instructions": instructions})
            await asyncio.to_thread(self._records.write, server_id, record)
            credentials = upstream.credentials.model_copy(update=marks)
            if marks:
                await self._store.write_credentials(server_id, credentials)
            upstream.record, upstream.credentials = record, credentials
        await self.update()

    async def try_tool(self, server_id: str, name: str, arguments: dict[str, Any]) -> ToolResult:
        """Call a tool for the person."""
        return await self.find(server_id).call(self.find_listed(server_id, name), arguments, TRY_SECONDS)

    def list_routers(self) -> tuple[DynamicOperations, ...]:
        """List the dynamic operations, named anew if other operations have come meanwhile."""
        names = frozenset(self._context.operations.list_names())
        if self.offers.reserved != names:
            self.offers.make(self.upstreams, names)
        return self.offers.routers

    async def update(self) -> None:
        """Put the tools in force as they are now."""
        async with self._updating:
            for upstream in list(self.upstreams.values()):
                await observe(upstream, self._records)
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
            credentials = await self._store.read_credentials(config.id)
            await self._open(config, credentials)
            if self.find(config.id).is_confirmed:
                await self.callers.restore(config.id, credentials)

    async def close(self) -> None:
        """End all servers."""
        await self.sign_ins.close()
        await asyncio.gather(*(upstream.close() for upstream in self.upstreams.values()))


def runs_the_same(current: Upstream, config: UpstreamConfig, secrets: UpstreamSecrets) -> bool:
    """Return whether a configuration runs or reaches what a server was added with, also with the values of its variables."""
    if current.credentials.fingerprint != fingerprint(config):
        return False
    return read_target(config, secrets) == read_target(current.config, current.credentials.secrets)


def keep_choices(former: UpstreamConfig, config: UpstreamConfig) -> UpstreamConfig:
    """Keep what the person has chosen here, which no configuration file says."""
    variable = config.token_variable or former.token_variable
    return config.model_copy(update={"offered": former.offered, "token_variable": variable})


async def observe(upstream: Upstream, records: Records) -> None:
    """Note the lists of a server if they have changed, before its tools are put in force."""
    former, catalog, server_id = upstream.record, upstream.supervisor.catalog, upstream.config.id
    if catalog is former.catalog or not upstream.is_on:
        return
    upstream.record = await asyncio.to_thread(
        former.observe, server_id, upstream.list_tools(), catalog, upstream.status.info.instructions
    )
    if upstream.record == former or upstream.is_closed:
        return
    try:
        await asyncio.to_thread(records.write, server_id, upstream.record)
    except DeskhandError:
        log.exception("The tools of an MCP server could not be noted.")


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[ToolsService]:
    """Start the servers, and offer their tools as they come."""
    service = ToolsService(context)
    context.approval_requests.add(service.questions)
    tasks = [context.tasks.start(service.follow(), name="offer the tools of MCP servers")]
    try:
        await service.open_all()
        await service.presets.remove_unused()
        context.tasks.start(add_wanted(service.presets), name="add presets")
        context.tasks.repeat(service.presets.check, lambda: POLL_SECONDS, name="look for newer presets")
        tasks.append(context.tasks.start(service.watcher.follow(), name="follow the watched configuration"))
        yield service
    finally:
        for task in tasks:
            task.cancel()
        await service.close()
