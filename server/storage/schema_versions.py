"""Revisions on disk and in a database, read without Alembic, which is slow to import.

A folder of migrations holds files named `<branch>_<nnnn>_<words>.py`, each with the revision `<branch>_<nnnn>` and the
first with `branch_labels = ("<branch>",)`. The branch is the part of Deskhand that owns the tables; a database keeps one
version for each branch.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from server.core.errors import Conflict
from server.storage.sqlite import connect_directly, explain

CORE_FOLDER = Path(__file__).with_name("core") / "migrations"
FILE_NAME = re.compile(r"(?P<branch>[a-z][a-z0-9_]*?)_(?P<number>\d{4})_\w+\.py")


def find_newest(folders: Iterable[Path]) -> dict[str, str]:
    """Find the newest revision of every branch. Raises ValueError for a file whose name does not say which it is.

    Its revision would run in a new database, and never in one that exists.
    """
    newest: dict[str, str] = {}
    for name in sorted(path.name for folder in folders for path in folder.glob("*.py") if path.name != "__init__.py"):
        match = FILE_NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name} is no name of a migration: <branch>_<nnnn>_<words>.py, such as notes_0001_notes.py")
        newest[match["branch"]] = f"{match['branch']}_{match['number']}"
    return newest


def read_versions(path: Path) -> set[str]:
    """Read the versions of a database, an empty set if there is no database."""
    if not path.exists():
        return set()
    try:
        with closing(connect_directly(path)) as connection:
            return versions_of(connection)
    except sqlite3.Error as error:
        raise explain(error) from error


def versions_of(connection: sqlite3.Connection) -> set[str]:
    """Read the versions through a connection."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return set()
    return {version for (version,) in connection.execute("SELECT version_num FROM alembic_version")}


def find_pending(versions: Iterable[str], newest: Mapping[str, str]) -> list[str]:
    """Find the revisions to upgrade to. Raises Conflict if a newer Deskhand wrote the database."""
    missing = dict(newest)
    for version in versions:
        branch = branch_of(version)
        if branch in newest and version > newest[branch]:
            raise Conflict("This data was written by a newer Deskhand. Install it again, or restore a backup.")
        if missing.get(branch) == version:
            del missing[branch]
    return sorted(missing.values())


def find_foreign(versions: Iterable[str], newest: Mapping[str, str]) -> list[str]:
    """Find the versions of integrations that are gone. Their tables stay until they come back."""
    return [version for version in versions if branch_of(version) not in newest]


def branch_of(version: str) -> str:
    """Read the branch of a version, such as core of core_0001."""
    return version.rpartition("_")[0]
