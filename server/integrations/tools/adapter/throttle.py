"""Share of the event loop that a server gets for what nobody requested of it."""

import asyncio
from time import monotonic

SLICE = 0.01  # seconds of work after which there is a pause
PAUSE = 4  # times as long as the work


class Throttle:
    """Pauses after work that a server causes without end, so that it has a fifth of the time and the rest is for others."""

    def __init__(self) -> None:
        self._used = 0.0

    async def pause(self, begun: float) -> None:
        """Pause if there was enough work. `begun`: when the last piece of it began."""
        self._used += monotonic() - begun
        if self._used >= SLICE:
            used, self._used = self._used, 0.0
            await asyncio.sleep(PAUSE * used)
