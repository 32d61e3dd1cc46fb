"""How often something may happen, counted in a moving window."""

from collections import deque
from datetime import datetime, timedelta

from server.core.clock import Clock


class Rate:
    """So many in so long, whoever asks."""

    def __init__(self, most: int, seconds: float, clock: Clock) -> None:
        self._most, self._window, self._clock = most, timedelta(seconds=seconds), clock
        self._times: deque[datetime] = deque()

    def take(self) -> bool:
        """Count one; False if it is one too many."""
        now = self._clock.now()
        while self._times and now - self._times[0] >= self._window:
            self._times.popleft()
        if len(self._times) >= self._most:
            return False
        self._times.append(now)
        return True
