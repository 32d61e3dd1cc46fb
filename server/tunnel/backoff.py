"""Durations of the tunnel."""

from dataclasses import dataclass

from server.core.backoff import BackoffLimits


@dataclass(frozen=True)
class Timing(BackoffLimits):
    """All durations of the tunnel, in seconds.

    `open`: limit for an agent to open the tunnel. `api`: limit for its local API to answer.
    `check`: interval at which the tunnel is checked and the count of requests stored.
    The limits of its restarts suffice for a computer that is offline for a while, and end an agent that fails again and again.
    """

    open: float = 30.0
    api: float = 4.0
    check: float = 60.0
