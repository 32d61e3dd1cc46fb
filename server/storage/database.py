"""`write` and `read` over SQLite: one file, one writer thread.

A function given to either takes a SQLAlchemy connection and its arguments, runs in a transaction, and returns plain
values (a result that is read later would keep the connection). It may be called on any thread and must not commit. What
it did is stored when, and only when, the awaited `write` returns; a caller that is cancelled meanwhile does not know.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, QueuePool
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from server.core.errors import Unavailable
from server.storage.sqlite import connect, explain, reading_engine, writing_engine

P = ParamSpec("P")
R = TypeVar("R")

DATABASE_FILE = "deskhand.db"
TOO_MUCH = "More is waiting to be stored than this disk can take. Try again in a moment."


@dataclass(frozen=True)
class Limits:
    """`batch`: functions in one transaction, which bounds how long the first of them waits for its COMMIT.

    `jobs`: functions that may wait. `busy_milliseconds`: how long another process may hold the file.
    `readers`: reads at once.
    """

    batch: int = 512
    jobs: int = 10_000
    busy_milliseconds: int = 5_000
    readers: int = 4


USUAL = Limits()


@dataclass(frozen=True)
class WriteJob:
    """A queued function and the future of its caller."""

    caller: asyncio.Future[Any]
    run: Callable[[Connection], Any]


@dataclass(frozen=True)
class Outcome:
    """Result of a job, or its error if nothing was stored."""

    job: WriteJob
    result: Any = None
    error: BaseException | None = None

    def resolve(self) -> None:
        """Wake the caller unless it was cancelled."""
        if self.job.caller.done():
            return
        if self.error is None:
            self.job.caller.set_result(self.result)
        else:
            self.job.caller.set_exception(to_reportable(self.error))


class Database:
    """One writer thread stores what arrived during its last flush in one transaction, each function in a savepoint.

    It is of the loop in which it is made, and the file is migrated. Raises Unavailable if the file cannot be used.
    `problem`: a sentence, of one that may be unusable.
    """

    problem: str | None = None

    def __init__(self, path: Path, limits: Limits = USUAL) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._jobs: queue.SimpleQueue[WriteJob | None] = queue.SimpleQueue()
        self._closed = False
        self._writing = writing_engine(path, limits.busy_milliseconds)
        self._connection = connect(self._writing)  # here, so that a broken file is an error at once
        self._reading = reading_engine(path, limits.busy_milliseconds, QueuePool, pool_size=limits.readers)
        self._readers = ThreadPoolExecutor(limits.readers, "reader")
        self._writer = threading.Thread(target=self._write_batches, name="writer", daemon=True)
        self._writer.start()

    async def write(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function that changes things. Its own exception undoes its own work only."""
        return await self.submit(function, *args, **kwargs)

    def submit(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> "asyncio.Future[R]":
        """Queue a function for `write`; the future is done when what it did is stored."""
        self._refuse_when_closed()
        if self._jobs.qsize() >= self._limits.jobs:
            raise Unavailable(TOO_MUCH, retry_after=1)
        caller: asyncio.Future[R] = self._loop.create_future()
        context = copy_context()  # the caller's variables, on the writer's thread
        self._jobs.put(WriteJob(caller, lambda connection: context.run(function, connection, *args, **kwargs)))
        return caller

    async def read(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function that only reads. It sees everything that was stored before."""
        self._refuse_when_closed()

        def run_read() -> R:
            try:
                with self._reading.begin() as connection:
                    return function(connection, *args, **kwargs)
            except (DBAPIError, sqlite3.Error, StopIteration) as error:
                raise to_reportable(error) from error

        return await self._loop.run_in_executor(self._readers, run_read)

    async def close(self) -> None:
        """Store what is waiting, then stop.

        Readers go first, so that the writer's is the last connection and tidies the file.
        """
        self._closed = True
        await asyncio.to_thread(self._readers.shutdown)
        self._reading.dispose()
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Unavailable("Deskhand is stopping. Try again when it runs.")

    def _write_batches(self) -> None:
        stopping = False
        while not stopping:
            jobs, stopping = self._next_batch()
            if jobs:
                outcomes = self._store(jobs)
                with suppress(RuntimeError):  # the loop is gone, and the callers with it
                    self._loop.call_soon_threadsafe(resolve_all, outcomes)
        self._connection.close()
        self._writing.dispose()

    def _next_batch(self) -> tuple[list[WriteJob], bool]:
        """Wait for a job and take what else is there; True: it is the last batch."""
        batch = [self._jobs.get()]
        with suppress(queue.Empty):
            while len(batch) < self._limits.batch:
                batch.append(self._jobs.get_nowait())
        return [job for job in batch if job and not job.caller.cancelled()], None in batch

    def _store(self, jobs: list[WriteJob]) -> list[Outcome]:
        try:
            if self._connection.closed:
                self._connection = connect(self._writing)
            with self._connection.begin():
                driver = cast("sqlite3.Connection", self._connection.connection.driver_connection)
                return [attempt(job, self._connection, driver) for job in jobs]
        except BaseException as error:  # noqa: BLE001, every caller gets the error and the thread goes on
            with suppress(SQLAlchemyError, sqlite3.Error):
                self._connection.close()  # its state is unknown; the next batch gets a new one
            return [Outcome(job, error=error) for job in jobs]


def attempt(job: WriteJob, connection: Connection, driver: sqlite3.Connection) -> Outcome:
    """Run one function. (SAVEPOINT by the driver: SQLAlchemy's begin_nested costs forty times as much.)"""
    driver.execute("SAVEPOINT job")
    try:
        result = job.run(connection)
        require_transaction(driver)
    except Exception as error:
        if not driver.in_transaction:  # that, or a full disk, for which SQLite undoes the whole batch
            raise
        driver.execute("ROLLBACK TO job")
        driver.execute("RELEASE job")
        return Outcome(job, error=error)
    driver.execute("RELEASE job")
    return Outcome(job, result)


def require_transaction(driver: sqlite3.Connection) -> None:
    """Raise RuntimeError if a function committed, and with it the work of others."""
    if not driver.in_transaction:
        raise RuntimeError("A function given to `write` must not commit.")


def resolve_all(outcomes: list[Outcome]) -> None:
    """Wake every caller of a batch. Runs on the event loop."""
    for outcome in outcomes:
        outcome.resolve()


def to_reportable(error: BaseException) -> BaseException:
    """Convert an error into one that a future accepts: Unavailable for SQLite's errors."""
    if isinstance(error, DBAPIError | sqlite3.Error):
        return explain(error)
    if isinstance(error, Exception) and not isinstance(error, StopIteration):  # a future refuses that one
        return error
    wrapped = RuntimeError(f"A function given to the database raised {error!r}, which nothing can wait for.")
    wrapped.__cause__ = error
    return wrapped
