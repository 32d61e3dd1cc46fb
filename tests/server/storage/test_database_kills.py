"""Writes that a database has acknowledged survive kill -9."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

WRITER = """
import asyncio, itertools
from pathlib import Path
from sqlalchemy import text
from server.storage.database import Database

ADD = text("INSERT INTO note (words) VALUES (:words)")

def add_twice(connection, words):
    for _ in range(2):
        connection.execute(ADD, {"words": words})

async def write_on(database, worker):
    for number in itertools.count():
        words = f"{os.getpid()}-{worker}-{number}"
        await database.write(add_twice, words)
        say(words)

async def main(path):
    database = Database(Path(path))
    await asyncio.gather(*(write_on(database, worker) for worker in range(8)))

def live(path):
    asyncio.run(main(path))
"""


@pytest.mark.timeout(1_200)
def test_acknowledged_writes_survive_kills_and_none_is_partial(tmp_path: Path, live_and_die: Any, kills: int) -> None:
    path = tmp_path / "test.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, words TEXT NOT NULL)")
    connection.close()
    acknowledged = live_and_die(WRITER, path, kills)
    assert acknowledged
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        counts = dict(connection.execute("SELECT words, count(*) FROM note GROUP BY words").fetchall())
    connection.close()
    assert set(acknowledged) <= set(counts)
    assert set(counts.values()) == {2}
