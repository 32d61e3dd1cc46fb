"""Requests that wait in memory until an approval changes. Its row decides who runs it; this only saves polling."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from server.access.approvals.approval import Approval

Read = Callable[[], Awaitable[Approval]]


class Waiters:
    """Wakes the requests that wait for an approval."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self.stopped = False

    def wake(self, approval_id: str) -> None:
        """Make those who wait for an approval read it again."""
        for changed in self._listeners.get(approval_id, ()):
            changed.set()

    def stop(self) -> None:
        """Release everybody: the program ends."""
        self.stopped = True
        for approval_id in self._listeners:
            self.wake(approval_id)

    @contextmanager
    def listening(self, approval_id: str) -> Iterator[asyncio.Event]:
        """Event that is set when the approval changes, inside the `with`."""
        changed = asyncio.Event()
        self._listeners.setdefault(approval_id, set()).add(changed)
        try:
            yield changed
        finally:
            self._listeners[approval_id].discard(changed)
            if not self._listeners[approval_id]:
                del self._listeners[approval_id]

    async def follow(self, changed: asyncio.Event, read: Read, is_enough: Callable[[Approval], bool], seconds: float) -> Approval:
        """Read the approval until it is far enough, for some seconds; then once more, for a change at the very end counts."""
        until = asyncio.get_running_loop().time() + seconds
        while True:
            changed.clear()
            approval = await read()
            if is_enough(approval) or self.stopped:
                return approval
            try:
                async with asyncio.timeout_at(until):
                    await changed.wait()
            except TimeoutError:
                return await read()
