"""Restarts of something that has ended: how often and after which delay."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BackoffLimits:
    """`first_delay`, doubled up to `longest_delay`: seconds before a restart, at most `max_restarts` within `window` seconds."""

    first_delay: float = 1.0
    longest_delay: float = 60.0
    max_restarts: int = 12
    window: float = 600.0


class Backoff:
    """Recent restarts, and the delay before the next."""

    def __init__(self, limits: BackoffLimits) -> None:
        self._limits = limits
        self._restarts: list[float] = []

    def next_delay(self, now: float) -> float | None:
        """Return the delay before the next restart; None if the limit is reached. `now`: monotonic seconds."""
        self._restarts = [restart for restart in self._restarts if now - restart < self._limits.window]
        if len(self._restarts) >= self._limits.max_restarts:
            return None
        self._restarts.append(now)
        return min(self._limits.first_delay * float(2 ** (len(self._restarts) - 1)), self._limits.longest_delay)
