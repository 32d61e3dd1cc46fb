import asyncio

from server.integrations.apps import store
from server.integrations.apps.store import Tracked
from server.storage.database import Database
from server.storage.migrations import migrate
from server.system.processes import Process
from tests.server.integrations.apps.desk import MIGRATIONS

FIRST = Tracked("a", Process(10, 1700000000.123456), "2023-11-14T22:13:20+00:00")
SECOND = Tracked("a", Process(10, 1700000099.99), "2023-11-14T22:15:00+00:00")
THIRD = Tracked("b", Process(11, 1600000000.0), "2020-09-13T12:26:40+00:00")


def with_database(tmp_path, steps):
    async def run():
        migrate(tmp_path / "d.db", [MIGRATIONS])
        database = Database(tmp_path / "d.db")
        try:
            return await steps(database)
        finally:
            await database.close()

    return asyncio.run(run())


def test_processes_are_read_oldest_first(tmp_path):
    async def steps(database):
        await database.write(store.add, [FIRST, SECOND])
        await database.write(store.add, [THIRD])

    with_database(tmp_path, steps)
    assert with_database(tmp_path, lambda database: database.read(store.read_all)) == [THIRD, FIRST, SECOND]


def test_process_is_deleted_and_not_another_with_its_pid(tmp_path):
    async def steps(database):
        await database.write(store.add, [FIRST, SECOND])
        await database.write(store.forget, [FIRST])
        return await database.read(store.read_all)

    assert with_database(tmp_path, steps) == [SECOND]


def test_empty_list_is_read(tmp_path):
    async def steps(database):
        await database.write(store.add, [])
        await database.write(store.forget, [])
        return await database.read(store.read_all)

    assert with_database(tmp_path, steps) == []
