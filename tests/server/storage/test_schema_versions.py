import sqlite3
from pathlib import Path

import pytest

from server.core.errors import Conflict, Unavailable
from server.storage import schema_versions

NEWEST = {"core": "core_0002", "gmail": "gmail_0001", "tools_of_others": "tools_of_others_0003"}


def test_newest_file_of_each_branch_counts(tmp_path: Path) -> None:
    for name in ("core_0002_more.py", "core_0001_start.py", "tools_of_others_0003_x.py", "notes2_0001_x.py", "__init__.py"):
        tmp_path.joinpath(name).touch()
    newest = {"core": "core_0002", "tools_of_others": "tools_of_others_0003", "notes2": "notes2_0001"}
    assert schema_versions.find_newest([tmp_path]) == newest
    assert "core" in schema_versions.find_newest([schema_versions.CORE_FOLDER])


@pytest.mark.parametrize("name", ["core_2_more.py", "0002_core.py", "core_0002.py", "Core_0002_more.py", "core-0002-more.py"])
def test_file_that_would_not_run_in_an_existing_database_is_refused(tmp_path: Path, name: str) -> None:
    tmp_path.joinpath("core_0001_start.py").touch()
    tmp_path.joinpath(name).touch()
    with pytest.raises(ValueError, match="is no name of a migration"):
        schema_versions.find_newest([tmp_path])


def test_missing_revisions_are_pending() -> None:
    assert schema_versions.find_pending([], NEWEST) == ["core_0002", "gmail_0001", "tools_of_others_0003"]
    assert schema_versions.find_pending(["core_0001", "gmail_0001"], NEWEST) == ["core_0002", "tools_of_others_0003"]
    assert schema_versions.find_pending(NEWEST.values(), NEWEST) == []


def test_removed_branch_is_foreign_and_newer_version_refused() -> None:
    assert schema_versions.find_pending([*NEWEST.values(), "gone_0009"], NEWEST) == []
    assert schema_versions.find_foreign([*NEWEST.values(), "gone_0009"], NEWEST) == ["gone_0009"]
    with pytest.raises(Conflict, match="newer Deskhand"):
        schema_versions.find_pending(["core_0003"], NEWEST)


def test_versions_are_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    assert schema_versions.read_versions(path) == set()
    assert not path.exists()
    connection = sqlite3.connect(path, isolation_level=None)
    assert schema_versions.read_versions(path) == set()
    connection.executescript("CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('core_9999')")
    assert schema_versions.read_versions(path) == {"core_9999"}
    connection.close()
    with pytest.raises(Conflict):
        schema_versions.find_pending(
            schema_versions.read_versions(path), schema_versions.find_newest([schema_versions.CORE_FOLDER])
        )
    path.write_bytes(b"not a database. " * 500)
    with pytest.raises(Unavailable, match="damaged"):
        schema_versions.read_versions(path)
