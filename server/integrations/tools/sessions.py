"""Sessions with one upstream server: the shared one, and one for each caller who brings a token."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from server.core.clock import Clock
from server.core.errors import NotAuthenticated, TooManyRequests
from server.integrations.tools.supervisor import ENDED, Supervisor

SHARED = ""  # token and identity of the session with the person's own credentials
MOST_IDENTITIES = 20
IDLE_SECONDS = 600.0
MOST_CALLS = 100  # of all callers at once, half of the long calls that Deskhand makes at once


@dataclass
class Use:
    """Use of a session: when it was used last, how many calls use it now, and whether the server has refused its token."""

    supervisor: Supervisor
    at: float
    calls: int = 0
    refused: bool = False

    @property
    def is_over(self) -> bool:
        """Return whether it is of no more use."""
        return not self.calls and (self.refused or self.supervisor.status.state in ENDED)


class Sessions:
    """Sessions by identity. The shared one stays; others end when they are idle, and at most so many are open.

    `make`: makes the supervisor of a token.
    """

    def __init__(
        self, make: Callable[[str], Supervisor], *, clock: Clock | None = None, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._make, self._clock, self._idle_seconds = make, clock or Clock(), idle_seconds
        self._uses: dict[str, Use] = {}
        self._lock = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def use(self, token: str = SHARED) -> AsyncIterator[Supervisor]:
        """Use the supervisor of a token, started. Raises TooManyRequests if too many are open, or have too many calls.

        A caller's session ends with the calls in it if one of these raises NotAuthenticated, or if it has failed: tokens that
        anybody invents take nobody's place.
        """
        identity = hashlib.sha256(token.encode()).hexdigest() if token else SHARED
        use = self._uses.get(identity) or await self._add(identity, token)
        if identity != SHARED and sum(other.calls for name, other in self._uses.items() if name != SHARED) >= MOST_CALLS:
            raise TooManyRequests("Too many calls run at once. Wait until one has ended.", retry_after=1)
        use.calls += 1
        try:
            use.supervisor.start()
            yield use.supervisor
        except NotAuthenticated:
            use.refused = True
            raise
        finally:
            use.calls -= 1
            use.at = self._clock.monotonic()
            if identity != SHARED and use.is_over:
                await self._end_over(identity, use)

    async def _add(self, identity: str, token: str) -> Use:
        async with self._lock:
            if identity not in self._uses:
                await self._end_idle()
                if identity != SHARED and len(self._uses.keys() - {SHARED}) >= MOST_IDENTITIES:
                    raise TooManyRequests("Too many people use this server at once. Try again in ten minutes.", retry_after=60)
                self._uses[identity] = Use(self._make(token), self._clock.monotonic())
                if identity != SHARED and (self._watching is None or self._watching.done()):
                    self._watching = asyncio.create_task(self._watch(), name="end idle sessions with MCP servers")
            return self._uses[identity]

    async def _watch(self) -> None:
        """End sessions as they become idle, until there is none of a caller any more."""
        while uses := [use for identity, use in self._uses.items() if identity != SHARED]:
            rest = min(use.at for use in uses) + self._idle_seconds - self._clock.monotonic()
            await asyncio.sleep(max(rest, self._idle_seconds / 60))
            await self.end_idle()

    async def end_idle(self) -> None:
        """End the sessions of callers that have not been used for a while."""
        async with self._lock:
            await self._end_idle()

    async def _end_idle(self) -> None:
        limit = self._clock.monotonic() - self._idle_seconds
        await self._end([identity for identity, use in self._uses.items() if identity != SHARED and is_idle(use, limit)])

    async def _end_over(self, identity: str, use: Use) -> None:
        async with self._lock:
            if self._uses.get(identity) is use and use.is_over:
                await self._end([identity])

    async def end_callers(self) -> None:
        """End the sessions of all callers, also while they are used."""
        async with self._lock:
            await self._end([identity for identity in self._uses if identity != SHARED])

    async def _end(self, identities: list[str]) -> None:
        ended = [self._uses.pop(identity) for identity in identities]
        await asyncio.gather(*(use.supervisor.stop() for use in ended))

    async def close(self) -> None:
        """End all sessions and wait until their processes are gone."""
        if self._watching:
            self._watching.cancel()
        async with self._lock:
            await self._end(list(self._uses))


def is_idle(use: Use, limit: float) -> bool:
    return not use.calls and use.at <= limit
