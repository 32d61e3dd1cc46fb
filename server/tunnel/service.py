"""The tunnel as the rest of Deskhand uses it: open, close, settings, download of its program."""

import asyncio
from contextlib import suppress
from pathlib import Path

from server.core.errors import Conflict, InvalidInput, Unavailable
from server.http.addresses import Address
from server.sdk.context import Context
from server.system.sleep_inhibitor import SleepInhibitor
from server.tunnel.agent import Agent, check_own, find_agent
from server.tunnel.backoff import Timing
from server.tunnel.download import Download
from server.tunnel.models import AgentView, TunnelChange, TunnelState, TunnelView
from server.tunnel.ngrok_errors import AGENT_MISSING, AGENT_MOVED, NO_AUTHTOKEN
from server.tunnel.provider import Provider, TunnelError, TunnelRequest
from server.tunnel.status import TunnelStatus
from server.tunnel.supervisor import Supervisor

FOLDER = "tunnel"  # in the data folder: the downloaded agent and its configuration
FIXED = "Deskhand was started with --public-url, so it needs no tunnel. Start it without to use one."
IN_DEMO = "In demo mode nothing is downloaded; its tunnel works without."


class Tunnel:
    """One tunnel to the public surface, unless the person's own proxy stands in for it. Runs on the event loop.

    `command`: starts the demo's agent, which stands in for a real one.
    """

    def __init__(
        self,
        context: Context,
        address: Address,
        provider: Provider,
        *,
        command: tuple[str, ...] | None = None,
        inhibitor: SleepInhibitor | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._context, self._address, self._provider = context, address, provider
        self._command, self._timing = command, timing or Timing()
        self._folder = context.folders.data / FOLDER
        self._lock = asyncio.Lock()
        self._supervisor: Supervisor | None = None
        self.status = TunnelStatus(context, address, provider, inhibitor, demo=command is not None)
        self.download = Download(context, self._folder, provider.name, self.status.publish)

    @property
    def state(self) -> TunnelState:
        """State of the tunnel."""
        return self.status.state

    @property
    def problem(self) -> str | None:
        """Sentence for the person about what is wrong."""
        return self.status.problem

    async def start(self, *, wanted: bool = False) -> None:
        """Clean up after an earlier run, and open the tunnel if that is wanted or set."""
        if self.state is TunnelState.fixed:
            return
        await asyncio.to_thread(self._provider.end_stale, self._folder)
        await self.status.counter.load()
        if wanted or self.status.preferences.settings.open_at_start:
            await self.open(retry=True)

    async def open(self, *, retry: bool = False) -> None:
        """Begin to open the tunnel unless it is on. `retry`: also try again after a first failure that is transient.

        Raises Conflict if a proxy stands in for it.
        """
        self._refuse_fixed()
        async with self._lock:
            if self._supervisor is None or not self.status.is_on:
                await self._begin(retry=retry)

    async def close(self) -> None:
        """Close the tunnel and wait until its agent is gone. Raises Conflict if a proxy stands in for it."""
        self._refuse_fixed()
        async with self._lock:
            await self._end()
            await self.status.set(TunnelState.off)

    async def stop(self) -> None:
        """End with the program."""
        async with self._lock:
            await self._end()
            if self.state is not TunnelState.fixed:
                await self.status.set(TunnelState.off)
        await self.download.end()
        await self.status.save_count()

    async def check_now(self) -> None:
        """Check the tunnel, as after the computer has slept; open it again if it failed for a transient reason."""
        if self._supervisor and self.status.is_on:
            self._supervisor.check_now()
        elif self._supervisor and self.status.error and self.status.error.transient:
            await self.open(retry=True)

    async def change(self, order: TunnelChange) -> None:
        """Change the settings; a tunnel that is on is opened anew if it needs that. Raises InvalidInput."""
        if await self.status.preferences.change(order):
            async with self._lock:
                if self.status.is_on:  # which the person may have changed while this waited
                    await self._begin()
        await self.status.refresh()

    def begin_download(self) -> None:
        """Download the agent, to which the person has agreed. Raises Conflict in demo mode."""
        if self._command:
            raise Conflict(IN_DEMO)
        self.download.begin(self._provider.download_address())

    async def describe(self) -> TunnelView:
        """Return the tunnel as the window shows it."""
        status, settings = self.status, self.status.preferences.settings
        agent = await self.find_agent()
        return TunnelView(
            provider=self._provider.name,
            state=status.state,
            address=status.address,
            problem=status.problem,
            advice=status.error.advice if status.error else None,
            reserved=status.state is TunnelState.fixed or bool(settings.domain),
            domain=settings.domain,
            has_authtoken=await self._has_authtoken(),
            agent=AgentView(
                found=bool(agent), path=agent and agent.path, own=bool(agent and agent.own), version=agent and agent.version
            ),
            download=self.download.view,
            opened_at=status.opened_at,
            address_changed_at=status.address_changed_at,
            requests_this_month=self.status.counter.requests,
            requests_limit=status.requests_limit,
            open_at_start=settings.open_at_start,
            keep_awake=settings.keep_awake,
        )

    async def find_agent(self) -> Agent | None:
        """Find the program that opens the tunnel."""
        if self._command:
            return Agent(self._command, version="demo")
        own_path = self.status.preferences.settings.agent_path
        return await asyncio.to_thread(find_agent, self._provider.name, self._folder, own_path)

    async def make_request(self) -> TunnelRequest:
        """Build the request from the settings. Raises TunnelError if the agent or the authtoken is missing."""
        preferences = self.status.preferences
        agent = await self.find_agent()
        if agent is None:
            raise await asyncio.to_thread(explain_own, path) if (path := preferences.settings.agent_path) else AGENT_MISSING()
        if self._provider.needs_authtoken and not self._command and not await preferences.has_authtoken():
            raise NO_AUTHTOKEN()  # noqa: RSE102, a partial, not a class
        return TunnelRequest(
            upstream=self._address.own,
            command=agent.command,
            folder=self._folder,
            authtoken=await preferences.read_authtoken(),
            domain=preferences.settings.domain,
            open_seconds=self._timing.open,
            api_seconds=self._timing.api,
        )

    async def _has_authtoken(self) -> bool:
        try:
            return await self.status.preferences.has_authtoken()
        except Unavailable:  # the keyring is locked; opening the tunnel says so
            return False

    async def _begin(self, *, retry: bool = False) -> None:
        """End what runs, and begin to open the tunnel. The caller holds the lock."""
        await self._end()
        await self.status.set(TunnelState.off)
        self._supervisor = Supervisor(
            self.status, self._provider, self.make_request, self._timing, self._context.clock, retry=retry
        )
        await self.status.set_opening()

    async def _end(self) -> None:
        supervisor, self._supervisor = self._supervisor, None
        if supervisor:
            await supervisor.end()

    def _refuse_fixed(self) -> None:
        if self.state is TunnelState.fixed:
            raise Conflict(FIXED)


def explain_own(path: str) -> TunnelError:
    """Explain why the person's own agent is not run. Blocks."""
    moved = AGENT_MOVED()
    with suppress(InvalidInput, OSError):
        if Path(path).exists():
            check_own(path)
        return moved
    return TunnelError(f"{path} is not run, because it is not ngrok's agent in version 3.", moved.advice)
