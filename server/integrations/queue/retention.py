"""Retention: prompts are kept for as long as the person set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.integrations.queue.queue import Queue
from server.integrations.queue.store.retention import delete_ended

DAY, HOUR = 86_400, 3_600.0  # seconds
BATCH = 500  # prompts of one transaction, which others wait for


class Retention:
    """Deletes prompts that ended too long ago."""

    def __init__(self, queue: Queue) -> None:
        self._queue, self._context = queue, queue.context

    async def prune(self) -> None:
        """Delete what is too old."""
        days = self._queue.read_settings().keep_days
        if not days:
            return
        before = self._context.clock.now().timestamp() - days * DAY
        while deleted := await self._context.database.write(delete_ended, before, BATCH):
            if len(deleted) < BATCH:
                break
        self._queue.changes.publish()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Prune every hour while the block runs."""
        task = self._context.tasks.repeat(self.prune, lambda: HOUR, name="delete old prompts")
        try:
            yield
        finally:
            task.cancel()
