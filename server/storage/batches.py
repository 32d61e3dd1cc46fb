"""Calls of one turn of the event loop, run as one function of the store: one set of statements, one flush of the disk."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from server.core.errors import Unavailable
from server.storage.database import Database

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batches(Generic[Item, Result]):
    """Collects calls. `run` returns one outcome for each item, in order; an exception among them is of that caller alone.

    `done` is called with the outcomes before the callers go on.
    """

    def __init__(
        self,
        database: Database,
        run: Callable[[Connection, Sequence[Item]], Sequence[Result | Exception]],
        done: Callable[[Sequence[Result | Exception]], None],
    ) -> None:
        self._database, self._run, self._done = database, run, done
        self._items: list[Item] = []
        self._callers: list[asyncio.Future[Result]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def call(self, item: Item) -> Result:
        """Run an item together with others; what it did is durable afterwards. Cancelling the caller does not undo it."""
        loop = asyncio.get_running_loop()
        caller: asyncio.Future[Result] = loop.create_future()
        if not self._items:
            loop.call_soon(self._start)
        self._items.append(item)
        self._callers.append(caller)
        return await caller

    def _start(self) -> None:
        items, callers = self._items, self._callers
        self._items, self._callers = [], []
        task = asyncio.get_running_loop().create_task(self._write(items, callers))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _write(self, items: Sequence[Item], callers: Sequence[asyncio.Future[Result]]) -> None:
        try:
            outcomes = await self._database.write(self._run, items)
        except Exception as error:  # noqa: BLE001, it is of one of the callers, or of all
            if len(items) > 1 and not isinstance(error, Unavailable):  # nothing was stored, and one must not fail the others
                for item, caller in zip(items, callers, strict=True):
                    await self._write([item], [caller])
                return
            outcomes = [error] * len(items)
        self._done(outcomes)
        for caller, outcome in zip(callers, outcomes, strict=True):
            if caller.done():  # cancelled
                continue
            if isinstance(outcome, Exception):
                caller.set_exception(outcome)
            else:
                caller.set_result(outcome)
