"""Restarts of a tunnel that has ended: how often and after which delay."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """All durations of the tunnel, in seconds.

    `open`: limit for an agent to open the tunnel. `api`: limit for its local API to answer.
    `check`: interval at which the tunnel is checked and the count of requests stored.
    `first_delay`, doubled up to `longest_delay`: pause before a restart, at most `max_restarts` within `window`. That suffices
    for a computer that is offline for a while, and ends an agent that fails again and again.
    """

    open: float = 30.0
    api: float = 4.0
    check: float = 60.0
    first_delay: float = 1.0
    longest_delay: float = 60.0
    max_restarts: int = 12
    window: float = 600.0


class Backoff:
    """Recent restarts, and the delay before the next."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._restarts: list[float] = []

    def next_delay(self, now: float) -> float | None:
        """Return the delay before the next restart; None if the limit is reached. `now`: monotonic seconds."""
        self._restarts = [restart for restart in self._restarts if now - restart < self._timing.window]
        if len(self._restarts) >= self._timing.max_restarts:
            return None
        self._restarts.append(now)
        return min(self._timing.first_delay * float(2 ** (len(self._restarts) - 1)), self._timing.longest_delay)
