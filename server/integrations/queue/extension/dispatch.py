"""Dispatch: which extension gets which prompt, and when."""

import asyncio
import math
from contextlib import suppress
from dataclasses import dataclass, field

from server.core.clock import Clock
from server.core.errors import Conflict, DeskhandError, NotFound
from server.integrations.queue.changes import Change
from server.integrations.queue.extension.hub import Hub
from server.integrations.queue.extension.limits import SocketLimits
from server.integrations.queue.extension.session import Session
from server.integrations.queue.models import Lease
from server.integrations.queue.queue import Queue
from server.integrations.queue.states import HELD

SHORTEST_WAIT = 0.05


@dataclass
class Dispatcher:
    """Hands prompts to the extensions that are free, least recently used first, whenever something has changed."""

    queue: Queue
    hub: Hub
    clock: Clock
    limits: SocketLimits
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look for prompts now."""
        self._wake.set()

    def _take_change(self, change: Change) -> None:
        self.hub.report(change)
        if not change.partial and change.state not in HELD:  # those make nothing claimable
            self._wake.set()

    async def run(self) -> None:
        """Dispatch until cancelled."""
        with self.queue.changes.listening(self._take_change):
            while True:
                self._wake.clear()
                await self.dispatch()
                with suppress(TimeoutError):
                    async with asyncio.timeout(await self._find_delay()):
                        await self._wake.wait()

    async def dispatch(self) -> None:
        """Hand out what can be handed out now. A claim in vain is not repeated for extensions with the same capabilities."""
        in_vain: set[frozenset[str]] = set()
        for session in self.hub:
            if session.free and session.worker.capabilities not in in_vain:
                lease = await self.queue.claim(session.worker.id, session.worker.capabilities)
                if lease is None:
                    in_vain.add(session.worker.capabilities)
                else:
                    await self._give(session, lease)

    async def _give(self, session: Session, lease: Lease) -> None:
        """Send a prompt, or give it back if the connection ended meanwhile."""
        if session.give(lease):
            self.hub.use(session)
        else:
            with suppress(Conflict, NotFound):  # the end of the connection has done it
                await self.queue.release(lease.prompt.id, lease.token)

    async def _find_delay(self) -> float | None:
        """Find in how many seconds a claim may succeed although nothing changes; None if only a change can help."""
        now, workers = self.clock.monotonic(), [session.worker for session in self.hub if not session.worker.leases]
        held = min((max(worker.held_until - now, 0.0) for worker in workers), default=math.inf)
        if math.isinf(held):
            return None
        capabilities = {capability for worker in workers for capability in worker.capabilities}
        moment = await self.queue.next_claim_at(capabilities=capabilities)
        return None if moment is None else max((moment - self.clock.now()).total_seconds(), held, SHORTEST_WAIT)

    async def check_leases(self) -> None:
        """Extend the leases of connections that are leases themselves, and end those of extensions that are silent."""
        for session in self.hub:
            if session.worker.seed:
                with suppress(DeskhandError):
                    await session.beat()
        await self.queue.expire_leases()
