"""One configured server while Deskhand runs: its credentials, log and sessions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import Any

from server.core.clock import Clock
from server.core.errors import Conflict, NotAuthenticated, SignInNeeded, Unavailable
from server.core.text import shorten
from server.integrations.tools.callers import for_caller, is_setting
from server.integrations.tools.config.connection import resolve
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Ask, Catalog, Tool, ToolResult, UpstreamConfig, UpstreamSecrets, UpstreamStatus
from server.integrations.tools.record import ServerRecord
from server.integrations.tools.resources import BuiltInTool, list_built_in, use_built_in
from server.integrations.tools.risks import Risks, find_risks
from server.integrations.tools.sessions import SHARED, Sessions
from server.integrations.tools.sign_in.client import resolve_client
from server.integrations.tools.sign_in.sign_in import SignIn
from server.integrations.tools.stored import Credentials, digest, fingerprint, fingerprint_tool
from server.integrations.tools.supervisor import Supervisor, Timing, UpstreamSession, ignore_change
from server.sdk.operation import current_call

CALLER_TIMING = Timing(max_restarts=0)  # their next call starts it again
REFUSED = "“{}” refused your token. Get a new one and send it again."
LONGEST_CALL = 86_400.0  # seconds
SHOWN = 20_000  # characters of an address or a command: the person decides by it


class Upstream:
    """A server. `on_change` is called after every change of its state or its lists.

    `record`: what is known of it. `ask`: puts its questions to the person. `sign_in`: the person's, if it takes one.
    """

    def __init__(
        self,
        config: UpstreamConfig,
        credentials: Credentials,
        on_change: Callable[[], None],
        clock: Clock,
        record: ServerRecord | None = None,
        ask: Ask | None = None,
        sign_in: SignIn | None = None,
    ) -> None:
        self.config, self.credentials, self._ask, self.sign_in = config, credentials, ask, sign_in
        self.record = record or ServerRecord()
        self.log = UpstreamLog(list_secrets(credentials.secrets))
        self.supervisor = Supervisor(config.title, self._open, on_change, clock=clock)
        self.supervisor.catalog = self.record.catalog
        self.sessions, self._clock = Sessions(self._supervise, clock=clock), clock
        self._judged: tuple[UpstreamConfig | None, Catalog, Risks] = None, Catalog(), Risks()
        self._fingerprints: dict[str, tuple[Tool | None, str]] = {}
        self.is_closed = False
        self._fingerprint = config, fingerprint(config)

    @property
    def is_confirmed(self) -> bool:
        """Return whether the person has added this very configuration."""
        if self._fingerprint[0] is not self.config:
            self._fingerprint = self.config, fingerprint(self.config)
        return self.credentials.fingerprint == self._fingerprint[1]

    @property
    def revision(self) -> str:
        """Fingerprint of all of its configuration, also of its secrets."""
        return digest([self.config.model_dump(mode="json"), self.credentials.to_json()])

    @property
    def is_on(self) -> bool:
        return self.config.enabled and self.is_confirmed

    def require_on(self) -> None:
        """Raises Unavailable if the person has not confirmed this configuration, or has turned it off."""
        if not self.is_confirmed:
            raise Unavailable(f"“{self.config.title}” does not run until you confirm it, in the window or with `tools confirm`.")
        if self.is_closed or not self.is_on:
            raise Unavailable(f"“{self.config.title}” is off.")

    @property
    def status(self) -> UpstreamStatus:
        return self.supervisor.status

    @property
    def target(self) -> str:
        """Its address or command, as it may be shown: in full, as the person goes by it when they confirm it."""
        text = self.log.redact(self.config.url or " ".join((self.config.command, *self.config.arguments)))
        return text if len(text) <= SHOWN else f"{text[:SHOWN]} … and {len(text) - SHOWN} more characters"

    def list_tools(self) -> tuple[Tool, ...]:
        """List its tools, also those that are not offered."""
        catalog = self.supervisor.catalog
        return (*catalog.tools, *list_built_in(catalog, self.config.title)) if self.is_on else ()

    def is_offered(self, tool: Tool) -> bool:
        """Return whether clients may see the tool."""
        chosen = self.config.offered
        return tool.name not in self.config.disabled_tools if chosen is None else tool.name in chosen

    @property
    def risks(self) -> Risks:
        """Risks of the server, judged by its command and its tools."""
        config, catalog, risks = self._judged
        if config is not self.config or catalog is not self.supervisor.catalog:
            config, catalog = self.config, self.supervisor.catalog
            risks = find_risks(config, catalog.tools)
            self._judged = config, catalog, risks
        return risks

    def fingerprint(self, tool: Tool) -> str:
        """Return the fingerprint of a tool, which is calculated once."""
        former, result = self._fingerprints.get(tool.name, (None, ""))
        if former is not tool:
            result = fingerprint_tool(tool)
            self._fingerprints[tool.name] = tool, result
        return result

    @property
    def instructions(self) -> str:
        """Sentences of the server about the use of its tools, as the person knows them."""
        return self.record.instructions or ""

    @property
    def new_instructions(self) -> str | None:
        """Its sentences now, if they have changed."""
        info = self.status.info
        return info.instructions if info.protocol and info.instructions != self.instructions else None

    def is_read_only(self, tool: Tool) -> bool:
        """Return whether the person has marked the tool, as it is now, as one that only reads."""
        return self.credentials.read_only.get(tool.name) == self.fingerprint(tool)

    def is_trusted(self, tool: Tool) -> bool:
        """Return whether the person trusts the server, and the tool is what it was then. A risky server's tools are not."""
        marks = self.credentials
        return marks.trusted and marks.accepted.get(tool.name) == self.fingerprint(tool) and self.risks.whole

    def is_known(self, tool: Tool) -> bool:
        """Return whether the tool is what it was when it was listed first, or accepted since."""
        known = self.record.find(self.config.id, tool)
        return known is not None and known.fingerprint == self.fingerprint(tool)

    def has_changed(self, tool: Tool) -> bool:
        """Return whether the person has to accept the tool as it is now, for their permissions to hold."""
        marks = self.credentials
        return (
            not self.is_known(tool)
            or (tool.name in marks.read_only and not self.is_read_only(tool))
            or (marks.trusted and marks.accepted.get(tool.name) != self.fingerprint(tool))
        )

    async def start(self) -> None:
        """Start it, unless it is off."""
        if self.is_on:
            async with self.sessions.use():
                pass

    async def call(self, tool: Tool, arguments: dict[str, Any], seconds: float = LONGEST_CALL) -> ToolResult:
        """Call one of its tools, in the shared session or in that of the caller's own token.

        Raises Unavailable if it is off, or has been removed, Conflict if the tool has changed. `seconds`: limit of the call; a
        client's call has the limit of jobs besides.
        """
        self.require_on()
        call = current_call.get(None)
        token = call.caller_token if call else SHARED
        async with self.sessions.use(token) as supervisor:
            try:
                return await self._call(supervisor, tool, arguments, seconds)
            except (SignInNeeded, Unavailable) as error:
                if token != SHARED and (isinstance(error, SignInNeeded) or supervisor.is_refused):
                    raise NotAuthenticated(REFUSED.format(self.config.title)) from error
                raise

    async def _call(self, supervisor: Supervisor, tool: Tool, arguments: dict[str, Any], seconds: float) -> ToolResult:
        async with supervisor.session() as session:
            self._require_unchanged(tool)
            if isinstance(tool, BuiltInTool):
                return await use_built_in(session, supervisor.catalog, tool.name, arguments)
            return await session.call_tool(tool.called_name, arguments, seconds, changes=not self.is_read_only(tool))

    def _supervise(self, token: str) -> Supervisor:
        """Return the shared supervisor, or make that of a caller's token, which nobody sees and which gives up sooner."""
        if token == SHARED:
            return self.supervisor
        session = partial(self._open, token=token)
        return Supervisor(self.config.title, session, ignore_change, timing=CALLER_TIMING, clock=self._clock)

    def _require_unchanged(self, tool: Tool) -> None:
        """Raises Conflict if a tool is not what the call was decided about: its server may just have listed another one."""
        listed = next((listed for listed in self.list_tools() if listed.name == tool.name), None)
        if listed is not tool and (listed is None or fingerprint_tool(listed) != fingerprint_tool(tool)):
            raise Conflict(f"{shorten(tool.name)} of “{self.config.title}” has just changed. Nothing was done; send it again.")

    async def close(self) -> None:
        """End its sessions, for good."""
        self.is_closed = True
        await self.sessions.close()

    @asynccontextmanager
    async def _open(self, on_change: Callable[[], None], token: str = SHARED) -> AsyncIterator[UpstreamSession]:
        adapter = await asyncio.to_thread(import_module, "server.integrations.tools.adapter.session")
        config, secrets, log, ask = self.config, self.credentials.secrets, self.log, self._ask
        if token != SHARED:
            (config, secrets), log, ask = for_caller(config, secrets, token), log.with_secret(token), None
        connection = await asyncio.to_thread(resolve, config, secrets)
        auth = None
        if self.sign_in and token == SHARED:  # a caller never uses the person's sign-in
            oauth = await asyncio.to_thread(import_module, "server.integrations.tools.adapter.oauth")
            auth = oauth.SessionAuth(connection.url, resolve_client(config, secrets), self.sign_in)
        async with adapter.open_session(connection, log, on_change, auth, ask) as session:
            yield session


def list_secrets(secrets: UpstreamSecrets) -> list[str]:
    """List the values that are not shown. Settings are: they are parts of commands and addresses, such as a folder."""
    named = [*secrets.environment.items(), *secrets.headers.items(), *secrets.variables.items()]
    values = [(name, value.get_secret_value()) for name, value in (*named, ("", secrets.query))]
    return [value for name, value in values if not is_setting(name, value)]
