"""Sessions with one upstream server: the shared one, and one for each caller who brings a token."""

import asyncio
from collections.abc import Callable

from server.core.clock import Clock
from server.core.errors import TooManyRequests
from server.integrations.tools.supervisor import Supervisor

SHARED = ""  # identity of the session with the person's own credentials
MOST_IDENTITIES = 20
IDLE_SECONDS = 600.0


class Sessions:
    """Sessions by identity. The shared one stays; others end when they are idle, and at most so many are open."""

    def __init__(
        self, make: Callable[[str], Supervisor], *, clock: Clock | None = None, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._make, self._clock, self._idle_seconds = make, clock or Clock(), idle_seconds
        self._supervisors: dict[str, Supervisor] = {}
        self._used: dict[str, float] = {}
        self._lock = asyncio.Lock()

    async def get(self, identity: str = SHARED) -> Supervisor:
        """Return the supervisor of an identity, started. Raises TooManyRequests if too many are in use."""
        async with self._lock:
            if identity not in self._supervisors:
                await self._end_idle()
                if identity != SHARED and len(self._supervisors.keys() - {SHARED}) >= MOST_IDENTITIES:
                    raise TooManyRequests("Too many people use this server at once. Try again in ten minutes.", retry_after=60)
                self._supervisors[identity] = self._make(identity)
            self._used[identity] = self._clock.monotonic()
            supervisor = self._supervisors[identity]
            supervisor.start()
            return supervisor

    async def end_idle(self) -> None:
        """End the sessions of callers that have not been used for a while. Called now and then."""
        async with self._lock:
            await self._end_idle()

    async def _end_idle(self) -> None:
        limit = self._clock.monotonic() - self._idle_seconds
        idle = [identity for identity, used in self._used.items() if identity != SHARED and used <= limit]
        await asyncio.gather(*(self._end(identity) for identity in idle))

    async def _end(self, identity: str) -> None:
        self._used.pop(identity, None)
        if supervisor := self._supervisors.pop(identity, None):
            await supervisor.stop()

    async def close(self) -> None:
        """End all sessions and wait until their processes are gone."""
        async with self._lock:
            await asyncio.gather(*(self._end(identity) for identity in list(self._supervisors)))
