import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.core.errors import Unavailable
from server.storage.snapshots import copy_database, keep_snapshot


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES ('stored')")
    yield connection
    connection.close()


def read(path: Path) -> list[object]:
    connection = sqlite3.connect(path)
    rows = [row[0] for row in connection.execute("SELECT x FROM t")]
    connection.close()
    return rows


def test_copy_is_consistent_during_writes(tmp_path: Path, writer: sqlite3.Connection, durable) -> None:
    writer.executescript("BEGIN IMMEDIATE; INSERT INTO t VALUES ('not yet')")
    copy_database(tmp_path / "test.db", tmp_path / "copy.db")
    writer.execute("COMMIT")
    assert durable == {tmp_path / "copy.db": True}
    assert read(tmp_path / "copy.db") == ["stored"]
    assert not list(tmp_path.glob("*.new"))
    if os.name == "posix":
        assert tmp_path.joinpath("copy.db").stat().st_mode & 0o777 == 0o600


def test_failed_copy_leaves_nothing(tmp_path: Path) -> None:
    tmp_path.joinpath("test.db").write_bytes(b"not a database. " * 500)
    with pytest.raises(Unavailable, match="damaged"):
        copy_database(tmp_path / "test.db", tmp_path / "copy.db")
    with pytest.raises(Unavailable, match=r"copy\.db could not be used"):
        copy_database(tmp_path / "test.db", tmp_path / "none" / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["test.db"]


def test_latest_copies_are_kept(tmp_path: Path, writer: sqlite3.Connection) -> None:
    for number in range(5):
        copy = keep_snapshot(tmp_path / "test.db", f"core_000{number}", 2)
        os.utime(copy, (number, number))
    assert sorted(path.name for path in tmp_path.glob("*before*")) == [
        "test.before-core_0003.db",
        "test.before-core_0004.db",
    ]
