"""Keeps a tunnel open: follows its line, and begins a new one when it ends, later each time and not for ever."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from server.core.clock import Clock
from server.core.errors import DeskhandError
from server.tunnel.backoff import Restarts, Timing
from server.tunnel.models import TunnelState
from server.tunnel.provider import CannotOpen, Line, News, Provider, Said

if TYPE_CHECKING:
    from server.tunnel.service import Tunnel

log = logging.getLogger(__name__)

LATER = "Deskhand has tried it again several times. Open the tunnel when you have had a look."


class Keeping:
    """One time that the tunnel is on, from the wish to its end."""

    def __init__(self, tunnel: "Tunnel", provider: Provider, timing: Timing, clock: Clock) -> None:
        self._tunnel, self._provider, self._timing, self._clock = tunnel, provider, timing, clock
        self._restarts = Restarts(timing)
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._was_open = False

    def begin(self, *, patient: bool) -> None:
        """Begin. `patient`: what may pass by itself is tried again even before it was open once."""
        self._task = asyncio.create_task(self._keep(patient))

    def look_now(self) -> None:
        """Look at once, or try again at once."""
        self._hurry.set()

    async def end(self) -> None:
        """End it; when this returns the agent is gone."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self, patient: bool) -> None:
        try:
            while True:
                trouble = await self._hold_one()
                if not trouble.passing or not (patient or self._was_open):
                    raise trouble
                await self._rest(trouble)
        except CannotOpen as error:
            await self._tunnel.note_failed(error, tell=patient or self._was_open)
        except DeskhandError as error:
            await self._tunnel.note_failed(CannotOpen(error.detail, passing=True), tell=patient or self._was_open)
        except Exception:
            log.exception("The tunnel could not be kept open.")
            await self._tunnel.note_failed(CannotOpen("The tunnel has failed.", "Deskhand's log says why."), tell=True)

    async def _hold_one(self) -> CannotOpen:
        """Open a line and follow it to its end; answer why it ended."""
        wish = await self._tunnel.make_wish()
        loop, news = asyncio.get_running_loop(), asyncio.Queue[News]()

        def tell(one: News) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(news.put_nowait, one)

        line = self._provider.start(wish, tell)
        try:
            return await self._follow(line, news)
        finally:
            await asyncio.to_thread(line.close)
            with suppress(DeskhandError):
                await self._tunnel.counter.save()

    async def _follow(self, line: Line, news: asyncio.Queue[News]) -> CannotOpen:
        opened = False
        while True:
            one = await self._next(news, self._timing.look if opened else self._timing.open)
            if one is None and not opened:
                await asyncio.to_thread(line.close)  # which makes it say why
            elif one is None:
                if trouble := await asyncio.to_thread(line.look):
                    return trouble
                with suppress(DeskhandError):
                    await self._tunnel.counter.save()
            elif one.said is Said.gone:
                return one.trouble or CannotOpen()
            elif one.said is Said.down:
                await self._tunnel.settle(TunnelState.reconnecting, one.trouble)
            elif one.address:
                opened = self._was_open = True
                await self._tunnel.note_open(one.address)

    async def _next(self, news: asyncio.Queue[News], seconds: float) -> News | None:
        """The next that is told; None: nothing for so long, or somebody wants it looked at now."""
        self._hurry.clear()
        told, hurry = asyncio.ensure_future(news.get()), asyncio.ensure_future(self._hurry.wait())
        try:
            await asyncio.wait([told, hurry], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return told.result() if told.done() else None
        finally:
            hurry.cancel()
            told.cancel()

    async def _rest(self, trouble: CannotOpen) -> None:
        delay = self._restarts.next_delay(self._clock.monotonic())
        if delay is None:
            raise CannotOpen(trouble.detail, trouble.advice or LATER, passing=True)
        await self._tunnel.settle(TunnelState.reconnecting, trouble)
        self._hurry.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._hurry.wait()
