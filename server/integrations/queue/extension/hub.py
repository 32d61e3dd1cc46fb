"""The connected extensions, by the id under which they hold leases; a later connection of the same one replaces it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from server.integrations.queue.changes import Change
from server.integrations.queue.extension.channel import CloseCode, Closed
from server.integrations.queue.states import State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from server.integrations.queue.extension.session import Session

REPLACED = "Another connection of this extension has taken over."
HOLDS = (State.leased, State.executing)


class Hub:
    """The sessions, least recently used first."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self.unknown: Counter[bool] = Counter()  # connections without a key yet: from this computer, and from elsewhere

    def __iter__(self) -> "Iterator[Session]":
        return iter(tuple(self._sessions.values()))

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, worker_id: str) -> "Session | None":
        """Find the session of a worker."""
        return self._sessions.get(worker_id)

    def use(self, session: "Session") -> None:
        """Put a session behind the others, as it has just been used."""
        self._sessions[session.worker.id] = self._sessions.pop(session.worker.id)

    @asynccontextmanager
    async def connected(self, session: "Session") -> "AsyncIterator[None]":
        """Include a session inside the `async with`, after the end of an earlier one of the same worker."""
        worker_id = session.worker.id
        while earlier := self._sessions.get(worker_id):
            earlier.channel.close(Closed(CloseCode.replaced, "replaced", REPLACED))
            await self._ended[worker_id].wait()
        ended = self._ended[worker_id] = asyncio.Event()
        self._sessions[worker_id] = session
        try:
            yield
        finally:
            del self._sessions[worker_id], self._ended[worker_id]
            ended.set()

    def report(self, change: Change) -> None:
        """Remove a prompt from the sessions that do not hold it any more."""
        if not change.prompt_id or change.partial or change.state in HOLDS:
            return
        for session in self._sessions.values():
            if change.prompt_id in session.worker.leases:
                session.drop(change.prompt_id, cancelled=change.state is State.cancelled)
