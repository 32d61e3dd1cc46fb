"""Calls that wait for the writer, run as one function of the store: one set of statements, one flush of the disk."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import Connection

from server.core.errors import Unavailable
from server.storage.database import TOO_MUCH, USUAL, Database, Limits

Item = TypeVar("Item")
Result = TypeVar("Result")
Calls = list[tuple[Item, asyncio.Future[Result]]]
Outcomes = Sequence[Result | Exception]


class Batches(Generic[Item, Result]):
    """Collects calls. `run` returns one outcome for each item, in order; an exception among them is of that caller alone.

    `done` is called with the outcomes of what was stored before the callers go on.
    """

    def __init__(
        self,
        database: Database,
        run: Callable[[Connection, Sequence[Item]], Outcomes[Result]],
        done: Callable[[Outcomes[Result]], None],
        limits: Limits = USUAL,
    ) -> None:
        self._database, self._run, self._done, self._limits = database, run, done, limits
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._is_queued = False  # a function that takes what waits

    async def call(self, item: Item) -> Result:
        """Run an item together with others; what it did is durable afterwards. Cancelling the caller does not undo it."""
        return await self.start(item)

    def start(self, item: Item) -> "asyncio.Future[Result]":
        """Begin a call. Those of several Batches that begin in one step of the loop are usually stored by one flush."""
        if len(self._waiting) >= self._limits.jobs:
            raise Unavailable(TOO_MUCH, retry_after=1)
        caller: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, caller))
        self._start_next()
        return caller

    def _start_next(self) -> None:
        """Queue a function that takes what waits, unless one is queued."""
        if self._waiting and not self._is_queued:
            self._is_queued = True
            self._start(self._run_waiting, [])

    def _start(self, run: Callable[[Connection, Calls[Item, Result]], Outcomes[Result]], calls: Calls[Item, Result]) -> None:
        try:
            self._database.submit(run, calls).add_done_callback(partial(self._finish, calls))
        except Unavailable as error:
            self._fail(calls, error)

    def _run_waiting(self, connection: Connection, calls: Calls[Item, Result]) -> Outcomes[Result]:
        """Run what has come until now. On the writer's thread."""
        calls.extend(self._take())
        return self._run_some(connection, calls)

    def _run_some(self, connection: Connection, calls: Calls[Item, Result]) -> Outcomes[Result]:
        return self._run(connection, [item for item, _ in calls]) if calls else []

    def _take(self) -> Calls[Item, Result]:
        self._is_queued = False  # first: what comes from now on is taken here, or by another function
        calls: Calls[Item, Result] = []
        with suppress(IndexError):
            while len(calls) < self._limits.batch:
                calls.append(self._waiting.popleft())
        return calls

    def _finish(self, calls: Calls[Item, Result], stored: "asyncio.Future[Outcomes[Result]]") -> None:
        error = stored.exception()
        if error is None:
            self._done(stored.result())
            self._resolve(calls, stored.result())
        elif len(calls) > 1 and not isinstance(error, Unavailable):  # nothing was stored, and one must not fail the others
            for call in calls:
                self._start(self._run_some, [call])
        else:
            self._fail(calls, error)
        self._start_next()  # more came than one batch takes

    def _fail(self, calls: Calls[Item, Result], error: BaseException) -> None:
        calls = calls or self._take()  # the function has not run
        self._resolve(calls, [error] * len(calls))

    def _resolve(self, calls: Calls[Item, Result], outcomes: Sequence[Result | BaseException]) -> None:
        """Wake the callers, unless they were cancelled."""
        for (_, caller), outcome in zip(calls, outcomes, strict=True):
            if caller.done():
                continue
            if isinstance(outcome, BaseException):
                caller.set_exception(outcome)
            else:
                caller.set_result(outcome)
