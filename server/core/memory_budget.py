"""A bound on the bytes of large contents in memory: a request reserves before it loads one, and few do so at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from server.core.errors import Unavailable

LARGE = 1024 * 1024  # bytes; less is not counted
BUSY = "Deskhand is busy with other large requests. Send this again in a moment."


@dataclass
class Reservation:
    """Bytes that one request has reserved. `is_large`: its own body is part of them. `is_over`: the request has ended."""

    budget: "MemoryBudget"
    size: int = 0
    is_large: bool = False
    is_over: bool = False


current: ContextVar[Reservation | None] = ContextVar("reservation", default=None)


class MemoryBudget:
    """Reservations of all requests. `total`: bytes, unless one alone is larger. `spooled`: bytes that may wait on the disk.

    `folder`: where bodies wait for their turn. `wait_seconds`: for the turn; then Unavailable is raised.
    """

    def __init__(
        self, folder: Path | None = None, total: int = 48 * LARGE, spooled: int = 1024 * LARGE, wait_seconds: float = 60
    ) -> None:
        self.folder = folder
        self.reserved = self.waiting = 0
        self._total, self._spooled, self._wait_seconds = total, spooled, wait_seconds
        self._turn = asyncio.Lock()  # first come, first served: small ones do not starve a large one
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def request(self) -> AsyncIterator[Reservation]:
        """Hold what is reserved within this request, or within the one that it is part of."""
        if (outer := current.get()) and not outer.is_over:
            yield outer
            return
        reservation = Reservation(self)
        token = current.set(reservation)
        try:
            yield reservation
        finally:
            current.reset(token)
            reservation.is_over = True
            self.release(reservation)

    async def reserve(self, reservation: Reservation, size: int, *, forever: bool = False) -> None:
        """Wait for room, as long as it takes or else raise Unavailable.

        A request that has some already does not wait, for then two could wait for each other.
        """
        if reservation.is_over:
            return
        if not reservation.size:
            try:
                async with asyncio.timeout(None if forever else self._wait_seconds), self._turn:
                    while self.reserved and self.reserved + size > self._total:
                        self._freed.clear()
                        await self._freed.wait()
            except TimeoutError:
                raise Unavailable(BUSY, retry_after=10) from None
        reservation.size += size
        self.reserved += size

    def release(self, reservation: Reservation) -> None:
        """Release everything that a request has reserved."""
        self.reserved -= reservation.size
        reservation.size = 0
        self._freed.set()

    def spool(self, size: int) -> None:
        """Count bytes that wait on the disk, fewer with a negative size. Raises Unavailable if there are too many."""
        if size > 0 and self.waiting + size > self._spooled:
            raise Unavailable(BUSY, retry_after=10)
        self.waiting += size


async def reserve(size: int) -> None:
    """Wait until the current request may load so many bytes. Without a request, and for few bytes, it does nothing."""
    if size > LARGE and (reservation := current.get()):
        await reservation.budget.reserve(reservation, size)
