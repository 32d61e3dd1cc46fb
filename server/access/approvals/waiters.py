"""Calls that wait here for what becomes of an approval. Who runs one is decided by its row; this only saves asking again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from server.access.approvals.approval import Approval

Look = Callable[[], Awaitable[Approval]]


class Waiting:
    """Wakes who waits."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self.over = False

    def wake(self, approval_id: str) -> None:
        """Have those who wait for one look again."""
        for news in self._listeners.get(approval_id, ()):
            news.set()

    def stop(self) -> None:
        """Have everybody go: the program ends."""
        self.over = True
        for approval_id in self._listeners:
            self.wake(approval_id)

    @contextmanager
    def listening(self, approval_id: str) -> Iterator[asyncio.Event]:
        """Hear of one inside the `with`."""
        news = asyncio.Event()
        self._listeners.setdefault(approval_id, set()).add(news)
        try:
            yield news
        finally:
            self._listeners[approval_id].discard(news)
            if not self._listeners[approval_id]:
                del self._listeners[approval_id]

    async def follow(self, news: asyncio.Event, look: Look, far_enough: Callable[[Approval], bool], seconds: float) -> Approval:
        """Look until it is far enough, for some seconds; then once more, for a word at the very end counts."""
        until = asyncio.get_running_loop().time() + seconds
        while True:
            news.clear()
            found = await look()
            if far_enough(found) or self.over:
                return found
            try:
                async with asyncio.timeout_at(until):
                    await news.wait()
            except TimeoutError:
                return await look()
