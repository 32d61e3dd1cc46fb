"""The tunnel, as the rest of Deskhand knows it: on, off, where, and what is wrong with it."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from server.core.errors import Conflict, DeskhandError, Unavailable
from server.http.addresses import Address, spell_hosts
from server.sdk.context import Context
from server.tunnel.agent import Agent, find_agent
from server.tunnel.backoff import Timing
from server.tunnel.download import Download
from server.tunnel.models import AgentView, TunnelChange, TunnelState, TunnelView
from server.tunnel.provider import CannotOpen, Provider, Wish, check_address
from server.tunnel.request_counter import Counter
from server.tunnel.settings import Preferences
from server.tunnel.store import LostAddress, TunnelStore
from server.tunnel.supervisor import Keeping

log = logging.getLogger(__name__)

ON = {TunnelState.opening, TunnelState.open, TunnelState.reconnecting}
FOLDER = "tunnel"  # in the data folder: the agent that was downloaded, and what it is given
FIXED = "Deskhand was started with --public-url, so it needs no tunnel. Start it without to use one."
IN_DEMO = "In demo mode nothing is downloaded; its tunnel works without."
NO_AGENT = CannotOpen(
    "The tunnel needs ngrok's program, which is not on this computer.",
    "Let Deskhand download it, in its window or with `deskhand tunnel download`; or name the one you have, there or with "
    "`deskhand tunnel set --agent PATH`.",
)
NO_TOKEN = CannotOpen(
    "The tunnel needs the authtoken of your ngrok account, which is free.",
    "Copy it from https://dashboard.ngrok.com/get-started/your-authtoken and paste it in Deskhand's window, or run "
    "`deskhand tunnel set --authtoken`.",
)
NOT_THERE = CannotOpen(
    "Your ngrok program is not where it was.",
    "Name its new place, in Deskhand's window or with `deskhand tunnel set --agent PATH`. Or let Deskhand download one, there "
    "or with `deskhand tunnel download`.",
)


class Awake(Protocol):
    """What keeps the computer awake. Both verbs block, and may be called on any thread. `problem`: where the system will not."""

    problem: str | None

    def hold(self, reason: str) -> None: ...

    def release(self) -> None: ...


class Tunnel:
    """One tunnel to the public surface. Everything belongs on the event loop.

    `command`: starts the demo's agent, which stands in for a real one. Where the address is fixed already, there is no tunnel.
    """

    def __init__(
        self,
        context: Context,
        address: Address,
        provider: Provider,
        *,
        command: tuple[str, ...] | None = None,
        awake: Awake | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._context, self._address, self._provider = context, address, provider
        self._command, self._awake, self._timing = command, awake, timing or Timing()
        self._folder = context.folders.data / FOLDER
        self._preferences = Preferences(context)
        self._store = TunnelStore(context.database)
        self._turn = asyncio.Lock()
        self._keeping: Keeping | None = None
        self._settled = asyncio.Event()
        self._held = False
        self._telling: set[asyncio.Task[None]] = set()
        self.download = Download(self._folder, provider.name, self._publish)
        self.counter = Counter(self._store, context.clock)
        self.state = TunnelState.fixed if address.public_url else TunnelState.off
        self.trouble: CannotOpen | None = None
        self.opened_at: datetime | None = None
        self.address_changed_at: datetime | None = None

    @property
    def address(self) -> str | None:
        """What others use, where there is something."""
        return self._address.public_url

    @property
    def problem(self) -> str | None:
        """What the person should know, in a sentence."""
        if self.trouble and self.state is not TunnelState.opening:
            return self.trouble.detail
        if self.state not in ON:
            return None
        return self.counter.warn(self._limit) or (self._awake.problem if self._awake and self._held else None)

    @property
    def _limit(self) -> int | None:
        return None if self.state is TunnelState.fixed else self._provider.requests_limit(self.address)

    async def start(self, *, wanted: bool = False) -> None:
        """Tidy up after an earlier run, and open the tunnel where that is wanted or set."""
        if self.state is TunnelState.fixed:
            return
        await asyncio.to_thread(self._provider.end_stale, self._folder)
        await self.counter.load()
        if wanted or self._preferences.settings.open_at_start:
            await self.open(patient=True)

    async def open(self, *, patient: bool = False) -> None:
        """Begin to open it; while it is on there is nothing to do. `patient`: what may pass by itself is tried again.

        Raises Conflict where a proxy stands in for it.
        """
        self._refuse_fixed()
        async with self._turn:
            if self._keeping is None or self.state not in ON:
                await self._end()
                self._settled.clear()
                self._keeping = Keeping(self, self._provider, self._timing, self._context.clock)
                self._keeping.begin(patient=patient)
                await self.settle(TunnelState.opening)

    async def close(self) -> None:
        """Close it. When this returns its agent is gone. Raises Conflict where a proxy stands in for it."""
        self._refuse_fixed()
        async with self._turn:
            await self._end()
            await self.settle(TunnelState.off)

    async def stop(self) -> None:
        """End with the program."""
        async with self._turn:
            await self._end()
            if self.state is not TunnelState.fixed:
                await self.settle(TunnelState.off)
        await self.download.end()
        with suppress(DeskhandError):
            await self.counter.save()

    async def look_now(self) -> None:
        """Look whether it works, as after the computer has slept; one that gave up meanwhile is opened again."""
        if self._keeping and self.state in ON:
            self._keeping.look_now()
        elif self._keeping and self.trouble and self.trouble.passing:
            await self.open(patient=True)

    async def wait_until_settled(self) -> None:
        """Wait until the first try to open it has ended, one way or the other."""
        if self.state in ON:
            await self._settled.wait()

    async def change(self, order: TunnelChange) -> None:
        """Change what the person sets. A tunnel that is on is opened anew where that is needed. Raises InvalidInput."""
        reopen = await self._preferences.change(order) and self.state in ON
        if reopen:
            await self.close()
            await self.open()
        else:
            await self._keep_awake()
            self._publish()

    def begin_download(self) -> None:
        """Download the agent, as the person has said yes to. Raises Conflict in demo mode."""
        if self._command:
            raise Conflict(IN_DEMO)
        self.download.begin(self._provider.download_address())

    async def list_lost_addresses(self) -> list[LostAddress]:
        """List the addresses at which Deskhand was reached and is no more, the latest first."""
        return await self._store.list_lost()

    async def describe(self) -> TunnelView:
        """Show it as it is now."""
        settings = self._preferences.settings
        agent = await self.find_agent()
        return TunnelView(
            provider=self._provider.name,
            state=self.state,
            address=self.address,
            problem=self.problem,
            advice=self.trouble.advice if self.trouble else None,
            reserved=self.state is TunnelState.fixed or bool(settings.domain),
            domain=settings.domain,
            has_authtoken=await self._has_authtoken(),
            agent=AgentView(
                found=bool(agent), path=agent and agent.path, own=bool(agent and agent.own), version=agent and agent.version
            ),
            download=self.download.view,
            opened_at=self.opened_at,
            address_changed_at=self.address_changed_at,
            requests_this_month=self.counter.requests,
            requests_limit=self._limit,
            open_at_start=settings.open_at_start,
            keep_awake=settings.keep_awake,
        )

    async def find_agent(self) -> Agent | None:
        """Find the program that makes the tunnel."""
        if self._command:
            return Agent(self._command, version="demo")
        return await asyncio.to_thread(find_agent, self._provider.name, self._folder, self._preferences.settings.agent_path)

    async def _has_authtoken(self) -> bool:
        try:
            return await self._preferences.has_authtoken()
        except Unavailable:  # the keyring is locked; opening the tunnel says so
            return False

    async def make_wish(self) -> Wish:
        """Say what is to be opened. Raises CannotOpen where something is missing."""
        settings = self._preferences.settings
        agent = await self.find_agent()
        if agent is None:
            raise NOT_THERE if settings.agent_path else NO_AGENT
        if self._provider.needs_authtoken and not self._command and not await self._preferences.has_authtoken():
            raise NO_TOKEN
        return Wish(
            upstream=self._address.own,
            command=agent.command,
            folder=self._folder,
            authtoken=await self._preferences.read_authtoken(),
            domain=settings.domain,
            open_seconds=self._timing.open,
            ask_seconds=self._timing.ask,
        )

    async def note_open(self, address: str) -> None:
        """It is open, at an address that may be another than before. Raises CannotOpen where that cannot be one."""
        address = check_address(address, demo=self._command is not None)
        now = self._context.clock.now()
        reserved = bool(self._preferences.settings.domain)
        last: str | None = None
        try:
            last = await self._store.remember(address, reserved=reserved, at=now)
        except DeskhandError as error:
            log.warning("The tunnel's address could not be remembered: %s", error.detail)
        self.opened_at = self.opened_at or now
        self._set_address(address)
        if last and last != address:
            self.address_changed_at = now
            self._notify(
                "New address", f"ChatGPT reaches Deskhand at a new address: {address} Copy it from the tray or the window."
            )
        await self.settle(TunnelState.open)

    async def note_failed(self, trouble: CannotOpen, *, tell: bool) -> None:
        """It could not be opened, or not again. `tell`: the person was not just waiting for it."""
        log.warning("The tunnel is not open: %s %s", trouble.detail, trouble.advice or "")
        if tell:
            self._notify("Deskhand is not reachable", " ".join(filter(None, [trouble.detail, trouble.advice])))
        await self.settle(TunnelState.failed, trouble)

    async def settle(self, state: TunnelState, trouble: CannotOpen | None = None) -> None:
        """Take on a state, and tell whoever follows."""
        if state is not self.state:
            log.info("The tunnel is %s.", state)
        self.state, self.trouble = state, trouble
        if state not in ON:
            self.opened_at = None
            self._set_address(None)
        if state is not TunnelState.opening:
            self._settled.set()
        self._publish()
        await self._keep_awake()

    def _set_address(self, address: str | None) -> None:
        if address != self._address.public_url:
            self._address.set_public_url(address)
            self._context.events.publish("addresses")
        self.counter.hosts = frozenset(host.encode() for host in spell_hosts(address)) if address else frozenset()

    def _publish(self) -> None:
        self._context.events.publish("tunnel")
        self._context.events.publish("overview")

    def _notify(self, title: str, text: str) -> None:
        async def tell() -> None:
            try:
                await asyncio.to_thread(self._context.screen.notify, title, text)
            except Exception:
                log.exception("A notification could not be shown.")

        task = asyncio.create_task(tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _keep_awake(self) -> None:
        wanted = self.state in ON and self._preferences.settings.keep_awake
        if self._awake is None or wanted == self._held:
            return
        self._held = wanted
        try:
            if wanted:
                await asyncio.to_thread(self._awake.hold, "ChatGPT may call at any time.")
            else:
                await asyncio.to_thread(self._awake.release)
        except Exception:
            log.exception("The computer could not be kept awake.")

    async def _end(self) -> None:
        keeping, self._keeping = self._keeping, None
        if keeping:
            await keeping.end()

    def _refuse_fixed(self) -> None:
        if self.state is TunnelState.fixed:
            raise Conflict(FIXED)
