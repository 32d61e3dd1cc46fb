"""Detection of sleep, after which connections have to be checked."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.core.clock import Clock

log = logging.getLogger(__name__)

INTERVAL = 5.0  # seconds between samples: the longest delay after waking
TOLERANCE = 20.0  # seconds that a busy computer may be late, and by which a clock may be set


@dataclass(frozen=True)
class ClockSample:
    """Clocks in seconds. `running_seconds` may stop during sleep; `boot_time` continues on Linux, and equals it elsewhere."""

    running_seconds: float
    boot_time: float
    wall: float


def sample_clocks(clock: Clock) -> ClockSample:
    """Read all clocks."""
    running_seconds = clock.monotonic()
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    asleep = 0.0 if boot is None else time.clock_gettime(boot) - time.clock_gettime(time.CLOCK_MONOTONIC)
    return ClockSample(running_seconds, running_seconds + asleep, clock.now().timestamp())


def measure_sleep(before: ClockSample, after: ClockSample, interval: float = INTERVAL) -> float:
    """Return the seconds of sleep between two samples that should be `interval` seconds apart; 0 if there was none.

    Linux has a clock for it. On macOS the monotonic clock stops and the wall clock does not; on Windows both continue, and the
    sample is late. A paused virtual machine shows it on the wall clock alone.
    """
    running_seconds = after.running_seconds - before.running_seconds
    slept = (after.boot_time - before.boot_time) - running_seconds
    if slept > 1:
        return slept
    unnoticed = max(running_seconds - interval, (after.wall - before.wall) - running_seconds)
    return unnoticed if unnoticed > TOLERANCE else 0.0


async def watch_sleep(
    on_wake: Callable[[float], Awaitable[None]],
    clock: Clock,
    interval: float = INTERVAL,
    sample: Callable[[Clock], ClockSample] = sample_clocks,
) -> None:
    """Call `on_wake` with the seconds of sleep, soon after each waking. Runs until it is cancelled."""
    before = sample(clock)
    while True:
        await asyncio.sleep(interval)
        after = sample(clock)
        if seconds := measure_sleep(before, after, interval):
            try:
                await on_wake(seconds)
            except Exception:
                log.exception("The check after waking failed.")
            after = sample(clock)  # the time that it took was no sleep
        before = after
