import asyncio
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, select, text

from server.core.errors import Unavailable
from server.storage.database import Database, Limits

note = Table("note", MetaData(), Column("id", Integer, primary_key=True), Column("words", Text, nullable=False))
ADD = insert(note)
WORDS = select(note.c.words).order_by(note.c.id)
PRIVATE = "private words"
IMPATIENT = Limits(busy_milliseconds=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, words TEXT NOT NULL)")
    connection.close()
    return path


@pytest.fixture
def outsider(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def use(path: Path, work: Callable[[Database], Awaitable[None]], limits: Limits = IMPATIENT) -> None:
    async def run() -> None:
        database = Database(path, limits)
        try:
            await work(database)
        finally:
            await database.close()

    asyncio.run(run())


def add(connection: Connection, words: str, error: BaseException | None = None) -> str:
    connection.execute(ADD, {"words": words})
    if error:
        raise error
    return words


def read_words(connection: Connection) -> list[str]:
    return list(connection.execute(WORDS).scalars())


def read_pragmas(connection: Connection, *names: str) -> dict[str, object]:
    return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}


def set_pragma(connection: Connection, name: str, value: int) -> None:
    connection.exec_driver_sql(f"PRAGMA {name}={value}")


def test_written_data_is_read(path: Path) -> None:
    async def work(database: Database) -> None:
        assert await database.write(add, words="one") == "one"
        assert await database.read(read_words) == ["one"]

    use(path, work)


def test_failed_function_undoes_only_its_own_work(path: Path) -> None:
    async def work(database: Database) -> None:
        errors = {3: ValueError("no"), 4: StopIteration()}
        outcomes = await asyncio.gather(*(database.write(add, f"{i}", errors.get(i)) for i in range(5)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [str, str, str, ValueError, RuntimeError]
        assert await database.read(read_words) == ["0", "1", "2"]

    use(path, work)


def test_batch_is_one_transaction(path: Path, outsider: sqlite3.Connection) -> None:
    async def work(database: Database) -> None:
        seen, held = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def hold(connection: Connection) -> None:
            loop.call_soon_threadsafe(seen.set)
            held.wait(10)

        first = asyncio.create_task(database.write(hold))
        await seen.wait()
        before = outsider.execute("PRAGMA data_version").fetchone()
        rest = [asyncio.create_task(database.write(add, f"{i}")) for i in range(100)]
        await asyncio.sleep(0)
        held.set()
        await asyncio.gather(first, *rest)
        assert outsider.execute("PRAGMA data_version").fetchone()[0] == before[0] + 1

    use(path, work)


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), SystemExit(1), asyncio.CancelledError()])
def test_exit_in_a_function_is_raised_to_its_caller_and_the_writer_goes_on(path: Path, ending: BaseException) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(RuntimeError):
            await database.write(add, "no", ending)
        await database.write(add, "after")
        assert await database.read(read_words) == ["after"]

    use(path, work)


@pytest.mark.parametrize("rude", ["commit", "rollback", "close"])
def test_commit_in_a_function_is_refused_and_the_writer_goes_on(path: Path, rude: str) -> None:
    def work_on(connection: Connection) -> None:
        add(connection, "perhaps")
        getattr(connection, rude)()

    async def work(database: Database) -> None:
        with pytest.raises((RuntimeError, sqlite3.ProgrammingError)):
            await database.write(work_on)
        await database.write(add, "after")
        assert (await database.read(read_words))[-1] == "after"

    use(path, work)


def test_schema_changes_are_undone_with_their_function(path: Path) -> None:
    def change(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE more (id INTEGER)")
        raise ValueError("no")

    async def work(database: Database) -> None:
        with pytest.raises(ValueError, match="no"):
            await database.write(change)
        with pytest.raises(Exception, match="no such table"):
            await database.read(lambda connection: connection.exec_driver_sql("SELECT * FROM more").all())

    use(path, work)


def test_reader_cannot_write(path: Path) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(Exception, match="readonly"):
            await database.read(add, "no")

    use(path, work)


def test_iterator_that_is_empty_in_a_reader_is_an_error(path: Path) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(database.read(lambda connection: next(iter(read_words(connection)))), 20)

    use(path, work)


def test_connections_are_durable_and_strict(path: Path) -> None:
    async def work(database: Database) -> None:
        both = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "busy_timeout": 50}
        assert await database.read(read_pragmas, *both, "wal_autocheckpoint") == {**both, "wal_autocheckpoint": 0}
        assert await database.write(read_pragmas, *both, "wal_autocheckpoint") == {**both, "wal_autocheckpoint": 1000}
        assert await database.write(read_pragmas, "fullfsync", "query_only") == {"fullfsync": 1, "query_only": 0}
        assert await database.read(read_pragmas, "query_only") == {"query_only": 1}

    use(path, work)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights.")
def test_database_files_are_private(tmp_path: Path) -> None:
    def rights() -> dict[str, int]:
        return {file.suffix: file.stat().st_mode & 0o777 for file in tmp_path.glob("new.*")}

    async def work(database: Database) -> None:
        await database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (x)") and None)
        assert rights() == {".db": 0o600, ".db-wal": 0o600, ".db-shm": 0o600}

    use(tmp_path / "new.db", work)


def test_cancelled_caller_does_not_stop_others(path: Path) -> None:
    async def work(database: Database) -> None:
        started, held = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def hold(connection: Connection) -> None:
            loop.call_soon_threadsafe(started.set)
            held.wait(10)

        running = asyncio.create_task(database.write(hold))
        await started.wait()
        waiting = asyncio.create_task(database.write(add, "never"))
        await asyncio.sleep(0)
        running.cancel()
        waiting.cancel()
        held.set()
        await asyncio.gather(running, waiting, return_exceptions=True)
        await database.write(add, "after")
        assert await database.read(read_words) == ["after"]

    use(path, work)


def test_caller_cancelled_during_its_function_does_not_block_other_results(path: Path) -> None:
    async def work(database: Database) -> None:
        started, held = asyncio.Event(), [threading.Event(), threading.Event()]
        loop = asyncio.get_running_loop()

        def hold(connection: Connection, release: threading.Event) -> None:
            loop.call_soon_threadsafe(started.set)
            release.wait(10)

        first = asyncio.create_task(database.write(hold, held[0]))
        await started.wait()
        leaving = asyncio.create_task(database.write(hold, held[1]))
        staying = asyncio.create_task(database.write(add, "stays"))
        await asyncio.sleep(0)
        started.clear()
        held[0].set()
        await started.wait()
        leaving.cancel()
        await first
        held[1].set()
        assert await asyncio.wait_for(staying, 20) == "stays"

    use(path, work)


def test_another_process_that_holds_the_file_makes_it_unavailable_for_writing_only(
    path: Path, outsider: sqlite3.Connection
) -> None:
    async def work(database: Database) -> None:
        outsider.execute("BEGIN IMMEDIATE")
        outcomes = await asyncio.gather(*(database.write(add, f"{i}") for i in range(3)), return_exceptions=True)
        assert [str(outcome) for outcome in outcomes] == [
            "Another program holds Deskhand's data. Close it, or try again in a moment."
        ] * 3
        assert isinstance(outcomes[0], Unavailable)
        assert outcomes[0].retry_after
        assert await database.read(read_words) == []
        outsider.execute("COMMIT")
        await database.write(add, "now")
        assert await database.read(read_words) == ["now"]

    use(path, work)


def test_full_queue_is_refused(path: Path) -> None:
    async def work(database: Database) -> None:
        started, held = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def hold(connection: Connection) -> None:
            loop.call_soon_threadsafe(started.set)
            held.wait(10)

        running = asyncio.create_task(database.write(hold))
        await started.wait()
        waiting = [asyncio.create_task(database.write(add, f"{i}")) for i in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="waiting to be stored"):
            await database.write(add, "one too many")
        held.set()
        await asyncio.gather(running, *waiting)
        assert len(await database.read(read_words)) == 4

    use(path, work, Limits(jobs=4, batch=2))


def test_full_database_is_reported_and_recovers(path: Path) -> None:
    async def work(database: Database) -> None:
        await database.write(set_pragma, "max_page_count", 20)
        outcomes = await asyncio.gather(
            *(database.write(add, words) for words in ("small", "x" * 200_000, "small")), return_exceptions=True
        )
        assert isinstance(outcomes[1], Unavailable)
        assert "disk is full" in outcomes[1].detail
        stored = [outcome for outcome in outcomes if isinstance(outcome, str)]
        assert await database.read(read_words) == stored
        await database.write(set_pragma, "max_page_count", 1_000_000)
        await database.write(add, "room")
        assert await database.read(read_words) == [*stored, "room"]

    use(path, work)


def test_errors_of_the_driver_are_explained_like_those_of_sqlalchemy(path: Path) -> None:
    def lock(connection: Connection) -> None:
        error = sqlite3.OperationalError("locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    async def work(database: Database) -> None:
        for run in (database.read, database.write):
            with pytest.raises(Unavailable, match="Another program holds"):
                await run(lock)

    use(path, work)


LITTLE_ROOM = """
import asyncio, resource, sys
from pathlib import Path
from server.core.errors import Unavailable
from server.storage.database import Database

def add(connection, size):
    connection.exec_driver_sql("INSERT INTO note (words) VALUES (?)", ("x" * size,))

async def main():
    database = Database(Path(sys.argv[1]))
    await database.write(add, 1)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, unlimited[1]))
    outcomes = await asyncio.gather(*(database.write(add, 300_000) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes), outcomes
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    await database.write(add, 2)
    await database.close()

asyncio.run(main())
"""


def test_error_has_no_values_that_the_log_would_keep(path: Path) -> None:
    def read_badly(connection: Connection) -> None:
        connection.execute(text("SELECT abs(-9223372036854775807 - 1) FROM (SELECT :words)"), {"words": PRIVATE})

    def refuse(connection: Connection) -> None:
        connection.execute(ADD, {"id": 1, "words": PRIVATE})

    async def fail(run: Awaitable[object]) -> str:
        [error] = await asyncio.gather(run, return_exceptions=True)
        assert isinstance(error, Exception)
        return "".join(traceback.format_exception(error))

    async def work(database: Database) -> None:
        await database.write(refuse)
        taken, unread = await fail(database.write(refuse)), await fail(database.read(read_badly))
        await database.write(set_pragma, "max_page_count", 2)
        full = await fail(database.write(add, PRIVATE * 1_000))
        assert ("UNIQUE" in taken, "overflow" in unread, "disk is full" in full) == (True, True, True)
        assert PRIVATE not in taken + unread + full

    use(path, work)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit.")
def test_full_disk_loses_nothing(path: Path) -> None:
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", LITTLE_ROOM, str(path)], cwd=root, check=True)

    async def work(database: Database) -> None:
        assert await database.read(read_words) == ["x", "xx"]

    use(path, work)


def test_closing_stores_what_is_waiting_and_refuses_what_comes_later(path: Path) -> None:
    async def work(database: Database) -> None:
        late = [asyncio.create_task(database.write(add, f"{i}")) for i in range(100)]
        await asyncio.sleep(0)
        await database.close()
        assert len(await asyncio.gather(*late)) == 100
        for verb in (database.write, database.read):
            with pytest.raises(Unavailable, match="stopping"):
                await verb(read_words)

    use(path, work)
    assert not path.with_name("test.db-wal").exists()


@pytest.mark.parametrize("content", [b"not a database at all, though long enough" * 100, b"SQLite format 3\0" + bytes(50)])
async def test_file_that_is_no_database_is_refused_at_open(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "test.db"
    path.write_bytes(content)

    with pytest.raises(Unavailable, match="damaged"):
        Database(path)


async def test_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"test\.db could not be used"):
        Database(tmp_path / "none" / "test.db")
