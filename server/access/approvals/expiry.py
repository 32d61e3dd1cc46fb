"""Expiry of approvals that are not decided in time."""

import asyncio
import logging
from contextlib import suppress

from server.access.approvals.service import Approvals
from server.core.clock import Clock
from server.core.errors import DeskhandError

log = logging.getLogger(__name__)


async def watch(approvals: Approvals, clock: Clock, longest: float = 60.0) -> None:
    """End expired approvals while the program runs. `longest`: maximum seconds between two checks, as the computer may sleep."""
    while True:
        approvals.changed.clear()
        wait: float | None = longest
        try:
            next_end = await approvals.expire()
            wait = None if next_end is None else min(longest, max(0.05, (next_end - clock.now()).total_seconds()))
        except DeskhandError:
            log.exception("Approvals could not be expired.")
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await approvals.changed.wait()
