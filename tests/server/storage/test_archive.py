import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from server.core.errors import Unavailable
from server.storage.archive import ARCHIVE_FILE, Archive, no_archive, open_archive

MIGRATION = """
from alembic import op

revision = "notes_archive_{number:04}"
down_revision = {before}
branch_labels = {labels}


def upgrade() -> None:
    op.execute("{statement}")
"""


def write_migration(folder: Path, number: int, statement: str) -> None:
    before = f'"notes_archive_{number - 1:04}"' if number > 1 else None
    labels = None if number > 1 else '("notes_archive",)'
    content = MIGRATION.format(number=number, before=before, labels=labels, statement=statement)
    folder.joinpath(f"notes_archive_{number:04}_words.py").write_text(content)


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "archive_migrations"
    folder.mkdir()
    write_migration(folder, 1, "CREATE TABLE note (word TEXT)")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def use(data: Path, migrations: Path, work: Callable[[Archive], Awaitable[None]]) -> None:
    async def run() -> None:
        archive = open_archive(data, [migrations])
        try:
            await work(archive)
        finally:
            await archive.close()

    asyncio.run(run())


def add(connection: Connection, word: str) -> None:
    connection.execute(text("INSERT INTO note VALUES (:word)"), {"word": word})


def list_words(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT word FROM note")).scalars())


def fill(data: Path, migrations: Path) -> Path:
    async def work(archive: Archive) -> None:
        await archive.write(add, "a")

    use(data, migrations, work)
    return data / ARCHIVE_FILE


def test_archive_is_made_by_its_first_use_and_not_before(data, migrations):
    async def work(archive: Archive) -> None:
        assert not list(data.iterdir())
        await asyncio.gather(*(archive.write(add, word) for word in "abc"))
        assert await archive.read(list_words) == ["a", "b", "c"]

    use(data, migrations, work)
    with closing(sqlite3.connect(data / ARCHIVE_FILE)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"note", "alembic_version"}, "none of Deskhand's own"


def test_unused_archive_closes_without_a_file(data, migrations):
    async def work(archive: Archive) -> None:
        await archive.close()
        with pytest.raises(Unavailable, match="is stopping"):
            await archive.read(list_words)

    use(data, migrations, work)
    assert not list(data.iterdir())


def test_migration_of_an_archive_copies_nothing(data, migrations):
    fill(data, migrations)
    write_migration(migrations, 2, "CREATE TABLE place (name TEXT)")

    async def work(archive: Archive) -> None:
        assert await archive.read(list_words) == ["a"]
        await archive.write(lambda connection: connection.execute(text("INSERT INTO place VALUES ('x')")) and None)

    use(data, migrations, work)
    assert [path.name for path in data.iterdir()] == [ARCHIVE_FILE]


def replace_everything(path: Path, _: Path) -> None:
    path.write_bytes(b"no database at all " * 100)


def cut(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[:5_000])


def empty(path: Path, _: Path) -> None:
    path.write_bytes(b"")


def leave_log_alone(path: Path, _: Path) -> None:
    path.rename(path.with_name(f"{path.name}-wal"))


def make_newer(path: Path, _: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'notes_archive_0007'")


def put_foreign_tables(path: Path, migrations: Path) -> None:
    write_migration(migrations, 2, "CREATE TABLE note (word TEXT)")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (replace_everything, "archive of imported history is damaged"),
        (cut, "archive of imported history is damaged"),
        (empty, r"archive\.db is empty"),
        (leave_log_alone, r"archive\.db is gone"),
        (make_newer, "by a newer Deskhand"),
        (put_foreign_tables, "archive of imported history is damaged"),
    ],
)
def test_archive_that_cannot_be_used_is_a_sentence_at_each_use(data, migrations, harm, sentence):
    path = fill(data, migrations)
    harm(path, migrations)

    async def work(archive: Archive) -> None:
        for attempt in (archive.read(list_words), archive.write(add, "b")):
            with pytest.raises(Unavailable, match=sentence) as refusal:
                await attempt
            assert archive.problem == refusal.value.detail

    use(data, migrations, work)


def test_archive_that_is_damaged_while_it_is_open_is_a_sentence(data, migrations):
    async def work(archive: Archive) -> None:
        await archive.write(add, "a" * 100_000)
        await archive.write(lambda connection: connection.exec_driver_sql("SELECT 1") and None)
        path = data / ARCHIVE_FILE
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        path.write_bytes(content)
        with pytest.raises(Unavailable, match="archive of imported history is damaged"):
            await archive.read(list_words)

    use(data, migrations, work)


def test_archive_that_is_repaired_works_without_a_restart(data, migrations):
    path = fill(data, migrations)
    content = path.read_bytes()
    path.write_bytes(b"")

    async def work(archive: Archive) -> None:
        with pytest.raises(Unavailable):
            await archive.read(list_words)
        path.write_bytes(content)
        assert await archive.read(list_words) == ["a"]
        assert archive.problem is None

    use(data, migrations, work)


def test_context_without_an_archive_says_so():
    async def run() -> None:
        with pytest.raises(Unavailable, match="no archive"):
            await no_archive().read(list_words)

    asyncio.run(run())
