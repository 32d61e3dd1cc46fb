"""MCP servers that the person has added, and changes of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from server.core.errors import DeskhandError, InvalidInput, NotFound
from server.core.text import shorten
from server.integrations.tools.callers import Callers
from server.integrations.tools.config.connection import read_target
from server.integrations.tools.models import Imported, Tool, ToolResult, UpstreamConfig, UpstreamSecrets, UpstreamState
from server.integrations.tools.names import prefix_of
from server.integrations.tools.record import Records
from server.integrations.tools.sign_in.sign_ins import SignIns
from server.integrations.tools.store import Store
from server.integrations.tools.stored import Credentials, fingerprint
from server.integrations.tools.upstream import Upstream
from server.sdk.context import Context

Change = Callable[[UpstreamConfig, UpstreamSecrets], tuple[UpstreamConfig, UpstreamSecrets]]

ADD_SECONDS = 30.0  # to wait for the tools of servers that were added
TOO_RISKY = "“{}” can read files or run commands, so strangers may not use it: anybody can invent a token."
TRY_SECONDS = 120.0  # for a call of the person
SETTLED = {UpstreamState.ready, UpstreamState.waiting, UpstreamState.failed}

log = logging.getLogger(__name__)


class Servers:
    """Servers by id, in `upstreams`.

    `ask`: puts questions of servers to the person. `on_change` is called after every change of a server's state, `update` to put
    the tools in force.
    """

    def __init__(
        self,
        context: Context,
        store: Store,
        ask: Callable[..., Any],
        on_change: Callable[[], None],
        update: Callable[[], Awaitable[None]],
    ) -> None:
        self._operations, self._clock, self._store = context.operations, context.clock, store
        self._ask, self._on_change, self._update = ask, on_change, update
        self._records = Records(context.folders.data)
        self.upstreams: dict[str, Upstream] = {}
        self.callers = Callers(context.caller_tokens)
        self.sign_ins = SignIns(context, self.restart, on_change)
        self._changing, self._recording = asyncio.Lock(), asyncio.Lock()

    def list_configs(self) -> list[UpstreamConfig]:
        return [upstream.config for upstream in self.upstreams.values()]

    def find(self, server_id: str) -> Upstream:
        """Find a server. Raises NotFound."""
        if upstream := self.upstreams.get(server_id):
            return upstream
        raise NotFound(f"There is no MCP server called {shorten(server_id)}.")

    def find_listed(self, server_id: str, name: str) -> Tool:
        """Find a tool as its server lists it. Raises NotFound."""
        for tool in self.find(server_id).list_tools():
            if tool.name == name:
                return tool
        upstream = self.find(server_id)
        upstream.require_on()
        raise NotFound(f"“{upstream.config.title}” has no tool called {shorten(name)}.")

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
        await self._update()

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
        ask = partial(self._ask, config.id, config.title)
        sign_in = await self.sign_ins.open(config, credentials)
        upstream = Upstream(config, credentials, self._on_change, self._clock, record, ask, sign_in)
        self.upstreams[config.id] = upstream
        await upstream.start()
        self._on_change()

    async def _forget(self, server_id: str) -> None:
        """End what the person has permitted for the tools of a server: another one may have its id from now on."""
        await self.callers.disable(server_id)
        await self.sign_ins.forget(server_id)
        await self._operations.withdraw(prefix_of(server_id))
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
        await self._update()

    async def confirm(self, server_id: str, require_seen: Callable[[], None]) -> None:
        """Run a configuration that came from elsewhere, such as a backup; untrusted.

        `require_seen`: raises Conflict if it has changed since the person saw it.
        """
        async with self._changing:
            upstream = self.find(server_id)
            require_seen()
            secrets = upstream.credentials.secrets
            credentials = Credentials(secrets=secrets, fingerprint=fingerprint(upstream.config))
            await self._forget(server_id)
            await self._store.write_credentials(server_id, credentials)
            await self._open(upstream.config, credentials)
        await self.settle([server_id])

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
        await self._update()

    async def restart(self, server_id: str) -> None:
        """Start a server again."""
        async with self._changing:
            upstream = self.find(server_id)
            await self._open(upstream.config, upstream.credentials)

    async def change_callers(self, server_id: str, *, enabled: bool, variable: str = "") -> None:
        """Let callers bring a token of their own, or no more. Raises InvalidInput if the server is none for them."""
        async with self._changing:
            upstream = self.find(server_id)
            config, credentials = upstream.config, upstream.credentials
            if enabled and not upstream.risks.whole:
                raise InvalidInput(TOO_RISKY.format(config.title))
            if enabled:
                config, credentials = await self.callers.enable(config, credentials, variable)
            else:
                await self.callers.disable(server_id)
                credentials = credentials.model_copy(update={"caller_client": ""})
            await self._store.put(config, credentials)
            upstream.config, upstream.credentials = config, credentials
            await upstream.sessions.end_callers()
        await self._update()

    async def permit(self, server_id: str, tools: Iterable[Tool], *, instructions: str | None = None, **marks: Any) -> None:
        """Accept tools as they are now, and instructions unless they are None; store marks."""
        async with self._changing, self._recording:
            upstream = self.find(server_id)
            record = await asyncio.to_thread(upstream.record.accept, server_id, tools)
            record = record if instructions is None else record.model_copy(update={"instructions": instructions})
            await asyncio.to_thread(self._records.write, server_id, record)
            credentials = upstream.credentials.model_copy(update=marks)
            if marks:
                await self._store.write_credentials(server_id, credentials)
            upstream.record, upstream.credentials = record, credentials
        await self._update()

    async def try_tool(self, server_id: str, name: str, arguments: dict[str, Any]) -> ToolResult:
        """Call a tool for the person."""
        return await self.find(server_id).call(self.find_listed(server_id, name), arguments, TRY_SECONDS)

    async def observe(self) -> None:
        """Note the lists of servers that have changed, before their tools are put in force."""
        async with self._recording:
            for upstream in list(self.upstreams.values()):
                await observe(upstream, self._records)

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
