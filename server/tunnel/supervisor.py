"""Keeps a tunnel open: follows its session and starts another when it ends, with backoff and up to a limit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from server.core.backoff import Backoff
from server.core.clock import Clock
from server.core.errors import DeskhandError
from server.core.tasks import run_to_end
from server.tunnel.backoff import Timing
from server.tunnel.models import TunnelState
from server.tunnel.provider import EventKind, Provider, TunnelError, TunnelEvent, TunnelRequest, TunnelSession
from server.tunnel.status import TunnelStatus

log = logging.getLogger(__name__)

LATER = "Deskhand has retried several times. Check the problem, then open the tunnel again."
MakeRequest = Callable[[], Awaitable[TunnelRequest]]


class Supervisor:
    """One period during which the tunnel is on; it begins at once. `retry`: also after a transient failure before it was open."""

    def __init__(
        self,
        status: TunnelStatus,
        provider: Provider,
        make_request: MakeRequest,
        timing: Timing,
        clock: Clock,
        *,
        retry: bool,
    ) -> None:
        self._status, self._provider, self._make_request = status, provider, make_request
        self._timing, self._clock, self._retry = timing, clock, retry
        self._backoff = Backoff(timing)
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def check_now(self) -> None:
        """Check the session, or try again, without waiting for the next time."""
        self._wake.set()

    async def end(self) -> None:
        """End the tunnel and wait until its agent is gone."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                error = await self._run_session()
                if not error.transient or not self._retry:
                    raise error
                await self._pause(error)
        except TunnelError as error:
            await self._status.set_failed(error, notify=self._retry)
        except DeskhandError as error:
            await self._status.set_failed(TunnelError(error.detail, transient=True), notify=self._retry)
        except Exception:
            log.exception("The tunnel could not be kept open.")
            await self._status.set_failed(TunnelError("The tunnel has failed.", "Deskhand's log says why."), notify=True)

    async def _run_session(self) -> TunnelError:
        """Open a session and follow it; return why it ended."""
        request = await self._make_request()
        loop, events = asyncio.get_running_loop(), asyncio.Queue[TunnelEvent]()

        def on_event(event: TunnelEvent) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(events.put_nowait, event)

        session = self._provider.start(request, on_event)
        try:
            return await self._follow(session, events)
        finally:
            await run_to_end(session.close)
            await self._status.save_count()

    async def _follow(self, session: TunnelSession, events: asyncio.Queue[TunnelEvent]) -> TunnelError:
        opened = False
        while True:
            event = await self._next_event(events, self._timing.check if opened else self._timing.open)
            if event is None and not opened:
                await asyncio.to_thread(session.close)  # which makes it say why
            elif event is None:
                if error := await asyncio.to_thread(session.check):
                    return error
                await self._status.save_count()
            elif event.kind is EventKind.ended:
                return event.error or TunnelError()
            elif event.kind is EventKind.down:
                await self._status.set(TunnelState.reconnecting, event.error)
            elif event.address:
                opened = self._retry = True
                await self._status.set_open(event.address)

    async def _next_event(self, events: asyncio.Queue[TunnelEvent], seconds: float) -> TunnelEvent | None:
        """Return the next event; None after so many seconds, or if a check is wanted now."""
        self._wake.clear()
        event, wake = asyncio.ensure_future(events.get()), asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait([event, wake], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return event.result() if event.done() else None
        finally:
            wake.cancel()
            event.cancel()

    async def _pause(self, error: TunnelError) -> None:
        delay = self._backoff.next_delay(self._clock.monotonic())
        if delay is None:
            raise TunnelError(error.detail, error.advice or LATER, transient=True)
        await self._status.set(TunnelState.reconnecting, error)
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()
