import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from server.core.errors import Unavailable
from server.storage.sqlite import check, connect_directly, explain


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE t (x); CREATE INDEX i ON t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [(f"{number}" * 50,) for number in range(2_000)])
        connection.commit()
    return path


def test_sound_database_and_none_at_all_pass(path: Path) -> None:
    check(path)
    check(path.with_name("none.db"))
    assert not path.with_name("none.db").exists()


@pytest.mark.parametrize("place", [0, 100, 30_000, -1_000])
def test_check_finds_damage_anywhere(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    place %= len(content)
    content[place : place + 4_096] = b"\xff" * min(4_096, len(content) - place)
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="damaged"):
        check(path)


def test_database_that_was_cut_off_is_damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(Unavailable, match="damaged"):
        check(path)


def test_database_without_content_is_damaged_and_stays_as_it_is(path: Path) -> None:
    path.write_bytes(b"")
    log = path.with_name(f"{path.name}-wal")
    log.write_bytes(b"all that is left")
    with pytest.raises(Unavailable, match="is empty"):
        check(path)
    path.unlink()
    with pytest.raises(Unavailable, match="is gone"):
        check(path)
    assert log.read_bytes() == b"all that is left"
    log.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    with pytest.raises(Unavailable, match="is empty"):
        check(path)


def test_programming_error_is_not_converted(path: Path) -> None:
    with closing(connect_directly(path)) as connection, pytest.raises(sqlite3.OperationalError) as mistake:
        connection.execute("SELECT * FROM nowhere")
    assert explain(mistake.value) is mistake.value
    wrapped = OperationalError("SELECT", {}, mistake.value)
    assert explain(wrapped) is wrapped


def test_lock_error_has_retry_after(path: Path) -> None:
    with closing(connect_directly(path)) as first, closing(connect_directly(path, busy_milliseconds=1)) as other:
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as busy:
            other.execute("BEGIN IMMEDIATE")
    explained = explain(OperationalError("BEGIN", {}, busy.value))
    assert isinstance(explained, Unavailable)
    assert explained.retry_after
    assert "Another program" in explained.detail
