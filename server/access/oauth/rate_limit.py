"""Rate limit with a moving window, on our own clock."""

from collections import deque
from datetime import datetime, timedelta

from server.core.clock import Clock, has_passed


class RateLimit:
    """Limit of `most` events in some seconds, for all callers together."""

    def __init__(self, most: int, seconds: float, clock: Clock) -> None:
        self._most, self._window, self._clock = most, timedelta(seconds=seconds), clock
        self._times: deque[datetime] = deque()

    def take(self) -> bool:
        """Count an event. Answers False if the limit is reached."""
        now = self._clock.now()
        while self._times and has_passed(self._window, self._times[0], now):
            self._times.popleft()
        if len(self._times) >= self._most:
            return False
        self._times.append(now)
        return True
