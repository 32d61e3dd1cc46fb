"""Dispatch: which extension gets which prompt, and when."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from server.core.clock import Clock
from server.core.errors import Conflict, DeskhandError, NotFound, Unavailable
from server.integrations.queue.changes import Change
from server.integrations.queue.extension.hub import Hub
from server.integrations.queue.extension.limits import SocketLimits
from server.integrations.queue.extension.session import Session
from server.integrations.queue.models import Lane, Lease, Prompt
from server.integrations.queue.queue import Queue
from server.integrations.queue.states import HELD
from server.integrations.queue.store.claims import ABILITIES, Kind

SHORTEST_WAIT = 0.05
RELEASE = "put a prompt back into the queue"  # of an extension that was gone before it had it


@dataclass
class Dispatcher:
    """Hands prompts to the extensions that are free, least recently used first, whenever something has changed."""

    queue: Queue
    hub: Hub
    clock: Clock
    limits: SocketLimits
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _claiming: set[Session] = field(default_factory=set)
    _claims_along: bool = False  # in the transaction of a submission; afterwards the others are looked at

    def wake(self) -> None:
        """Look for prompts now."""
        self._wake.set()

    def _take_change(self, change: Change) -> None:
        self.hub.report(change)
        if not change.partial and change.state not in HELD and not self._claims_along:  # those make nothing claimable
            self._wake.set()

    async def run(self) -> None:
        """Dispatch until cancelled."""
        self.queue.on_submit = self._claim_along
        with self.queue.changes.listening(self._take_change):
            while True:
                self._wake.clear()
                await self.dispatch()
                with suppress(TimeoutError):
                    async with asyncio.timeout(await self._find_delay()):
                        await self._wake.wait()

    def _is_free(self, session: Session) -> bool:
        return session.free and session not in self._claiming

    def _claim_along(self) -> "asyncio.Future[Prompt | None] | None":
        """Claim for the next free extension in the transaction of what is being submitted: one flush instead of two.

        While another claim is made, which extension is next is not known: `dispatch` goes on afterwards.
        """
        session = next(filter(self._is_free, self.hub), None)
        if not session or self._claiming or self.queue.context.is_paused():
            return None
        with suppress(Unavailable):
            claim = self.queue.start_claim(session.worker.id, Kind.of(Lane.browser, session.worker.capabilities))
            self._claiming.add(session)
            self._claims_along = True
            claim.add_done_callback(partial(self._take_claim, session))
            return claim
        return None

    def _take_claim(self, session: Session, claim: "asyncio.Future[Prompt | None]") -> None:
        self._claiming.discard(session)
        self._claims_along = False
        lease = None if claim.cancelled() or claim.exception() else Lease.of(claim.result())
        if lease and not self._deliver(session, lease):
            self.queue.context.tasks.start(self._release(lease), name=RELEASE)
        self._wake.set()

    def _deliver(self, session: Session, lease: Lease) -> bool:
        """Send a prompt. Returns False if the connection ended meanwhile."""
        if is_sent := session.give(lease):
            self.hub.use(session)
        return is_sent

    async def dispatch(self) -> None:
        """Hand out what can be handed out now. A claim in vain is not repeated for extensions with the same capabilities."""
        in_vain: set[frozenset[str]] = set()
        for session in self.hub:
            if self._is_free(session) and session.worker.capabilities not in in_vain:
                self._claiming.add(session)
                try:
                    lease = await self.queue.claim(session.worker.id, session.worker.capabilities)
                finally:
                    self._claiming.discard(session)
                if lease is None:
                    in_vain.add(session.worker.capabilities)
                else:
                    await self._give(session, lease)

    async def _give(self, session: Session, lease: Lease) -> None:
        """Send a prompt, or give it back."""
        if not self._deliver(session, lease):
            await self._release(lease)

    async def _release(self, lease: Lease) -> None:
        with suppress(Conflict, NotFound):  # the end of the connection has done it
            await self.queue.release(lease.prompt.id, lease.token)

    async def _find_delay(self) -> float | None:
        """Find in how many seconds a claim may succeed although nothing changes; None if only a change can help."""
        now = self.clock.monotonic()
        held: dict[frozenset[str], float] = {}  # in how many seconds one with these abilities is free
        for worker in (session.worker for session in self.hub):
            if not worker.leases and not worker.needs_person:
                kind, wait = worker.capabilities.intersection(ABILITIES), max(worker.held_until - now, SHORTEST_WAIT)
                held[kind] = min(wait, held.get(kind, wait))
        moments = {kind: await self.queue.next_claim_at(capabilities=kind) for kind in held}
        delays = [max((at - self.clock.now()).total_seconds(), held[kind]) for kind, at in moments.items() if at is not None]
        return min(delays, default=None)

    async def check_leases(self) -> None:
        """Extend the leases of connections that are leases themselves, and end those of extensions that are silent."""
        for session in self.hub:
            if session.worker.seed:
                with suppress(DeskhandError):
                    await session.beat()
        await self.queue.expire_leases()
