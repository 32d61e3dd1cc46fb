"""State of the tunnel: published to the rest of Deskhand, to the person, and to the system's sleep inhibition."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime

from server.core.errors import DeskhandError
from server.http.addresses import Address, spell_hosts
from server.sdk.context import Context
from server.sdk.desktop import SHOW_NOTIFICATION
from server.system.sleep_inhibitor import SleepInhibitor
from server.tunnel.models import TunnelState
from server.tunnel.provider import Provider, TunnelError, check_address
from server.tunnel.request_counter import RequestCounter
from server.tunnel.settings import TunnelPreferences
from server.tunnel.store import TunnelStore

log = logging.getLogger(__name__)

ON = {TunnelState.opening, TunnelState.open, TunnelState.reconnecting}


class TunnelStatus:
    """The state, and everything that follows from a change of it. `demo`: the address is one on this computer."""

    def __init__(
        self, context: Context, address: Address, provider: Provider, inhibitor: SleepInhibitor | None, *, demo: bool
    ) -> None:
        self._context, self._address, self._provider = context, address, provider
        self._inhibitor, self._demo = inhibitor, demo
        self._inhibiting = False
        self._settled = asyncio.Event()
        self.preferences = TunnelPreferences(context)
        self.store = TunnelStore(context.database)
        self.counter = RequestCounter(self.store, context.clock)
        self.state = TunnelState.fixed if address.public_url else TunnelState.off
        self.error: TunnelError | None = None
        self.opened_at: datetime | None = None
        self.address_changed_at: datetime | None = None

    @property
    def address(self) -> str | None:
        """Public address, if there is one."""
        return self._address.public_url

    @property
    def is_on(self) -> bool:
        """Return whether the tunnel is open or being opened."""
        return self.state in ON

    @property
    def requests_limit(self) -> int | None:
        """Requests a month that the plan behind the address allows, if known."""
        return None if self.state is TunnelState.fixed else self._provider.requests_limit(self.address)

    @property
    def problem(self) -> str | None:
        """Sentence for the person about what is wrong."""
        if self.error and self.state is not TunnelState.opening:
            return self.error.detail
        if not self.is_on:
            return None
        asleep = self._inhibitor.problem if self._inhibitor and self._inhibiting else None
        return self.counter.warn(self.requests_limit) or asleep

    async def wait_until_settled(self) -> None:
        """Wait until the first attempt to open the tunnel has succeeded or failed."""
        if self.is_on:
            await self._settled.wait()

    async def set_opening(self) -> None:
        """Begin a new attempt."""
        self._settled.clear()
        await self.set(TunnelState.opening)

    async def set_open(self, address: str) -> None:
        """Publish the address, which may differ from the last one. Raises TunnelError if it cannot be a public address."""
        address = check_address(address, demo=self._demo)
        now = self._context.clock.now()
        last: str | None = None
        try:
            last = await self.store.remember(address, reserved=bool(self.preferences.settings.domain), at=now)
        except DeskhandError as error:
            log.warning("The tunnel's address could not be remembered: %s", error.detail)
        self.opened_at = self.opened_at or now
        self._set_address(address)
        if last and last != address:
            self.address_changed_at = now
            text = f"New public address: {address} Copy it from the tray or the window."
            self._notify("New address", text)
        await self.set(TunnelState.open)

    async def set_failed(self, error: TunnelError, *, notify: bool) -> None:
        """Record a final failure. `notify`: the person is not waiting for the tunnel right now."""
        log.warning("The tunnel is not open: %s %s", error.detail, error.advice or "")
        if notify:
            self._notify("Deskhand is not reachable", " ".join(filter(None, [error.detail, error.advice])))
        await self.set(TunnelState.failed, error)

    async def set(self, state: TunnelState, error: TunnelError | None = None) -> None:
        """Enter a state and publish it."""
        if state is not self.state:
            log.info("The tunnel is %s.", state)
        self.state, self.error = state, error
        if not self.is_on:
            self.opened_at = None
            self._set_address(None)
        if state is not TunnelState.opening:
            self._settled.set()
        await self.refresh()

    async def refresh(self) -> None:
        """Publish a change of the state or the settings."""
        self.publish()
        wanted = self.is_on and self.preferences.settings.keep_awake
        if self._inhibitor is None or wanted == self._inhibiting:
            return
        self._inhibiting = wanted
        try:
            if wanted:
                await asyncio.to_thread(self._inhibitor.hold, "ChatGPT may call at any time.")
            else:
                await asyncio.to_thread(self._inhibitor.release)
        except Exception:
            log.exception("The computer could not be kept awake.")

    def publish(self) -> None:
        """Announce that something about the tunnel has changed."""
        self._context.events.publish("tunnel")
        self._context.events.publish("overview")

    async def save_count(self) -> None:
        """Store the number of requests; it is stored again later if that fails."""
        with suppress(DeskhandError):
            await self.counter.save()

    def _set_address(self, address: str | None) -> None:
        if address != self._address.public_url:
            self._address.set_public_url(address)
            self._context.events.publish("addresses")
        self.counter.hosts = frozenset(host.encode() for host in spell_hosts(address)) if address else frozenset()

    def _notify(self, title: str, text: str) -> None:
        showing = asyncio.to_thread(self._context.screen.notify, title, text)
        self._context.tasks.start(showing, name=SHOW_NOTIFICATION)
