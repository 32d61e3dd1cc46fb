import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection

from server.core.errors import Conflict, Unavailable
from server.storage.batches import Batches
from server.storage.database import Database, Limits

pytestmark = pytest.mark.anyio


def create(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE item (value INTEGER)")


def count(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM item").scalar_one())


@pytest.fixture
async def database(tmp_path):
    made = Database(tmp_path / "deskhand.db", Limits(busy_milliseconds=50))
    await made.write(create)
    yield made
    await made.close()


class Store:
    """Stores numbers; a negative one is refused, 0 makes its batch fail, and after 9 the database does."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.outcomes: list[object] = []

    def run(self, connection: Connection, items: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(items))
        outcomes: list[int | Exception] = []
        for item in items:
            connection.exec_driver_sql("INSERT INTO item VALUES (?)", (item,))
            outcomes.append(Conflict() if item < 0 else item * 2)
        if 0 in items:
            raise ValueError
        if 9 in items:
            raise Unavailable
        return outcomes


async def call_together(database: Database, batches: Batches[int, int], *items: int) -> list[Any]:
    """Call while the writer is held up, which otherwise may begin with the first of them; return results and errors."""
    held = threading.Event()
    busy = asyncio.ensure_future(database.write(lambda _: held.wait(30)))
    await asyncio.sleep(0)
    calls = [batches.start(item) for item in items]
    held.set()
    assert await busy
    async with asyncio.timeout(30):
        return await asyncio.gather(*calls, return_exceptions=True)


async def test_calls_of_one_moment_are_one_batch(database) -> None:
    store = Store()
    batches = Batches(database, store.run, store.outcomes.extend)
    assert await call_together(database, batches, 1, 2, 3) == [2, 4, 6]
    assert store.batches == [[1, 2, 3]]
    assert await batches.call(4) == 8
    assert store.outcomes == [2, 4, 6, 8]


async def test_error_of_one_call_is_its_own(database) -> None:
    store = Store()
    batches = Batches(database, store.run, store.outcomes.extend)
    first, second = await call_together(database, batches, 1, -1)
    assert first == 2
    assert isinstance(second, Conflict)


async def test_call_that_breaks_its_batch_fails_alone(database) -> None:
    store = Store()
    batches = Batches(database, store.run, store.outcomes.extend)
    outcomes = await call_together(database, batches, 1, 0, 2)
    assert outcomes[::2] == [2, 4]
    assert isinstance(outcomes[1], ValueError)
    assert await database.read(count) == 2


async def test_error_of_the_database_is_everybodys_and_nothing_is_stored(database) -> None:
    store = Store()
    batches = Batches(database, store.run, store.outcomes.extend)
    errors = await call_together(database, batches, 1, 9)
    assert [type(error) for error in errors] == [Unavailable, Unavailable]
    assert (len(store.batches), await database.read(count)) == (1, 0)


async def test_cancelled_caller_does_not_disturb_the_others(database) -> None:
    store = Store()
    batches = Batches(database, store.run, store.outcomes.extend)
    cancelled, other = asyncio.create_task(batches.call(1)), asyncio.create_task(batches.call(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await other == 4


async def test_calls_whose_transaction_does_not_begin_fail_and_later_ones_do_not(tmp_path, database) -> None:
    store = Store()
    batches = Batches(database, store.run, store.outcomes.extend)
    with closing(sqlite3.connect(tmp_path / "deskhand.db", isolation_level=None)) as outsider:
        outsider.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(30):
            errors = await asyncio.gather(batches.call(1), batches.call(2), return_exceptions=True)
        assert [type(error) for error in errors] == [Unavailable, Unavailable]
        outsider.execute("COMMIT")
    assert await batches.call(3) == 6
    assert (store.batches, await database.read(count)) == ([[3]], 1)


async def test_calls_of_a_closed_database_fail(database) -> None:
    store = Store()
    batches = Batches(database, store.run, store.outcomes.extend)
    await database.close()
    for _ in range(2):
        with pytest.raises(Unavailable, match="stopping"):
            await batches.call(1)


async def test_call_that_comes_while_others_wait_for_the_writer_is_stored_with_them(database) -> None:
    store, held = Store(), threading.Event()
    batches = Batches(database, store.run, store.outcomes.extend)
    busy = asyncio.create_task(database.write(lambda _: held.wait(30)))
    await asyncio.sleep(0)
    first = asyncio.create_task(batches.call(1))
    await asyncio.sleep(0)
    second = asyncio.create_task(batches.call(2))
    await asyncio.sleep(0)
    held.set()
    assert await asyncio.gather(busy, first, second) == [True, 2, 4]
    assert store.batches == [[1, 2]]


async def test_batch_has_a_limit_and_the_rest_is_the_next_one(database) -> None:
    store = Store()
    batches = Batches(database, store.run, store.outcomes.extend, Limits(batch=2))
    assert await call_together(database, batches, 1, 2, 3, 4, 5) == [2, 4, 6, 8, 10]
    assert store.batches == [[1, 2], [3, 4], [5]]


async def test_more_calls_than_may_wait_are_refused(database) -> None:
    store, held = Store(), threading.Event()
    batches = Batches(database, store.run, store.outcomes.extend, Limits(jobs=2))
    busy = asyncio.create_task(database.write(lambda _: held.wait(30)))
    calls = [asyncio.create_task(batches.call(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="waiting to be stored"):
        await batches.call(3)
    held.set()
    assert await asyncio.gather(busy, *calls) == [True, 2, 4]
