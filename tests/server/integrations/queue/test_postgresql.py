"""The stores of the queue over PostgreSQL, which can replace SQLite unchanged."""

import asyncio
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, text

from benchmarks.queue_peers import PostgreSQLServer
from server.integrations.queue.models import PromptOrder, PromptResult, QueueSettings
from server.integrations.queue.queue import SECTION, Queue
from server.integrations.queue.store import tables
from server.outbound.webhooks import tables as webhook_tables
from server.storage.database import Database
from tests.server.integrations.queue.queue_machine import QueueMachine, run_machine
from tests.server.integrations.queue.queue_setup import CLIENT, UNLIMITED, MovableClock, open_context

THREADS, CALLERS, PROMPTS = 4, 8, 10
LIMIT = 60  # seconds for what happens at once
HAS_CHANGED = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


class PostgreSQL(Database):
    """The methods of a database that the queue uses: a transaction for each function, several at the same time.

    `may_commit`: until then what has changed something is not committed. `has_changed`: something has.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._threads = engine, ThreadPoolExecutor(THREADS)
        self.may_commit, self.has_changed = threading.Event(), threading.Event()
        self.may_commit.set()

    def submit(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def run() -> Any:
            with self._engine.begin() as connection:
                result = function(connection, *args, **kwargs)
                if not self.may_commit.is_set() and connection.scalar(HAS_CHANGED):
                    self.has_changed.set()
                    assert self.may_commit.wait(LIMIT)
                return result

        return asyncio.get_running_loop().run_in_executor(self._threads, run)

    async def read(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self.submit(function, *args, **kwargs)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)


@pytest.fixture(scope="module")
def server() -> Iterator[Engine]:
    """A server of its own; it may run as another user, who must reach the folder."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Path(folder) / "cluster"
        cluster.mkdir()
        try:
            running = PostgreSQLServer(cluster)
            running.__enter__()
        except FileNotFoundError as error:
            pytest.skip(f"{error} is not installed.")
        engine = create_engine(f"postgresql+psycopg://postgres@/postgres?host={cluster}")
        try:
            yield engine
        finally:
            engine.dispose()
            running.__exit__()


@pytest.fixture
def engine(server: Engine) -> Engine:
    """An empty database."""
    empty(server)
    return server


def empty(engine: Engine) -> None:
    """Make all tables anew."""
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        tables.metadata.create_all(connection)
        webhook_tables.metadata.create_all(connection)
        connection.execute(insert(tables.control).values(id=1))


def test_queue_does_what_its_model_does(server: Engine, long: bool) -> None:
    class Machine(QueueMachine):
        def __init__(self) -> None:
            super().__init__()
            empty(server)

        def open_database(self) -> Database:
            return PostgreSQL(server)

    examples, steps = (200, 60) if long else (3, 30)
    run_machine(Machine, examples, steps, is_random=long)


async def test_each_prompt_is_claimed_once_by_two_servers(engine: Engine, tmp_path: Path) -> None:
    claimed: Counter[str] = Counter()
    queues = await open_queues(engine, tmp_path)

    async def call(queue: Queue, caller: int) -> None:
        for number in range(PROMPTS):
            await queue.submit(CLIENT, PromptOrder(message="Hello", chat_id=f"chat {number % 3}" if caller % 2 else None))
            if lease := await queue.claim(f"worker {caller}", {"find"}):
                claimed[lease.prompt.id] += 1
                await queue.acknowledge(lease.prompt.id, lease.token)
                await queue.complete(lease.prompt.id, lease.token, PromptResult("World"))

    async with asyncio.TaskGroup() as group:
        for caller in range(CALLERS):
            group.create_task(call(queues[caller % 2], caller))
    while lease := await queues[0].claim("last", {"find"}):
        claimed[lease.prompt.id] += 1
        await queues[0].complete(lease.prompt.id, lease.token, PromptResult("World"))
    for queue in queues:
        await queue.context.database.close()
    assert Counter(claimed.values()) == {1: CALLERS * PROMPTS}


async def test_prompt_that_comes_while_the_one_before_it_ends_is_claimed(engine: Engine, tmp_path: Path) -> None:
    """Neither of the two transactions sees what the other one does, unless one waits for the other."""
    first, second = await open_queues(engine, tmp_path)
    order = PromptOrder(message="Hello", chat_id="chat")
    await first.submit(CLIENT, order)
    lease = await first.claim("worker", {"find"})
    assert lease
    await first.acknowledge(lease.prompt.id, lease.token)
    database = first.context.database
    assert isinstance(database, PostgreSQL)
    database.may_commit.clear()
    ending = asyncio.create_task(first.complete(lease.prompt.id, lease.token, PromptResult("World")))
    assert await asyncio.to_thread(database.has_changed.wait, LIMIT)
    coming = asyncio.create_task(second.submit(CLIENT, order))
    async with asyncio.timeout(LIMIT):
        while not coming.done() and not await asyncio.to_thread(count_waiting, engine):
            await asyncio.sleep(0)
    database.may_commit.set()
    await asyncio.gather(ending, coming)
    following = await second.claim("worker", {"find"})
    for queue in (first, second):
        await queue.context.database.close()
    assert following


async def open_queues(engine: Engine, folder: Path) -> list[Queue]:
    """Open two servers' queues over one database, and allow a client."""
    queues = []
    for name in ("first", "second"):
        context = open_context(folder / name, MovableClock(), PostgreSQL(engine))
        await context.settings.write(SECTION, QueueSettings(**UNLIMITED))
        queues.append(Queue(context))
    await queues[0].set_webhook(CLIENT, "")
    await queues[0].set_approval(CLIENT.id, approved=True)
    return queues


def count_waiting(engine: Engine) -> int:
    """Count the transactions that wait for another one."""
    with engine.begin() as connection:
        return int(connection.scalar(WAITS) or 0)
