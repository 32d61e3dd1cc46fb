"""How often and how soon a tunnel is opened again that did not last."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Every duration of the tunnel, in seconds.

    `open`: how long an agent may take until the tunnel stands. `ask`: until its own interface answers.
    `look`: how often it is looked whether the tunnel works, and the count of requests stored.
    `first_delay`, doubled up to `longest_delay`: the rest before it is opened again, at most `most` times within `window`. That
    is often enough for a computer that is offline for a while, and too seldom for an agent that ends again and again.
    """

    open: float = 30.0
    ask: float = 4.0
    look: float = 60.0
    first_delay: float = 1.0
    longest_delay: float = 60.0
    most: int = 12
    window: float = 600.0


class Restarts:
    """The restarts of late."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._moments: list[float] = []

    def next_delay(self, now: float) -> float | None:
        """Say how long to rest before the next one; None: there were enough. `now`: seconds that never run backwards."""
        self._moments = [moment for moment in self._moments if now - moment < self._timing.window]
        if len(self._moments) >= self._timing.most:
            return None
        self._moments.append(now)
        return min(self._timing.first_delay * float(2 ** (len(self._moments) - 1)), self._timing.longest_delay)

    def forget(self) -> None:
        """Begin anew, as when the person asks for it."""
        self._moments.clear()
