"""Notices that this computer slept, so that what was connected before can be looked at again."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.core.clock import Clock

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds: so long after waking it is noticed, at most
SLACK = 20.0  # seconds that a busy computer may be late, and that a clock may be set by


@dataclass(frozen=True)
class Moment:
    """One look at the clocks, in seconds. `awake` may stand still in sleep, `always` does not where the system has such a one."""

    awake: float
    always: float
    wall: float


def look(clock: Clock) -> Moment:
    """Look at all clocks there are."""
    awake = clock.monotonic()
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    asleep = 0.0 if boot is None else time.clock_gettime(boot) - time.clock_gettime(time.CLOCK_MONOTONIC)
    return Moment(awake, awake + asleep, clock.now().timestamp())


def missed(before: Moment, after: Moment, every: float = LOOK_EVERY) -> float:
    """Say how many seconds passed unnoticed between two looks that should be `every` seconds apart; 0 where all is as usual.

    Linux tells sleep by a clock of its own. On macOS the monotonic clock stands still and the wall clock does not; on Windows
    both go on, and the look is late. A machine that was paused as a whole shows it on the wall clock alone.
    """
    awake = after.awake - before.awake
    slept = (after.always - before.always) - awake
    if slept > 1:
        return slept
    unnoticed = max(awake - every, (after.wall - before.wall) - awake)
    return unnoticed if unnoticed > SLACK else 0.0


async def watch_sleep(
    woke: Callable[[float], Awaitable[None]], clock: Clock, every: float = LOOK_EVERY, look: Callable[[Clock], Moment] = look
) -> None:
    """Call `woke` with the seconds that were missed, soon after each waking. Runs until it is cancelled."""
    before = look(clock)
    while True:
        await asyncio.sleep(every)
        after = look(clock)
        if seconds := missed(before, after, every):
            try:
                await woke(seconds)
            except Exception:
                log.exception("What follows a waking went wrong.")
            after = look(clock)  # however long that took, it was not slept
        before = after
