"""Copies of a database that may be in use."""

import sqlite3
from contextlib import closing
from pathlib import Path

from server.storage.sqlite import connect_directly, explain, refuse_empty
from server.system.files import make_private_file, move, not_stored, sync


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, without what was deleted from it. The target appears whole or not at all."""
    new = target.with_name(f"{target.name}.new")
    try:
        refuse_empty(source)
        new.unlink(missing_ok=True)
        make_private_file(new)
        with closing(connect_directly(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(new),))
        sync(new)
        move(new, target)
    except sqlite3.Error as error:
        new.unlink(missing_ok=True)
        raise explain(error) from error
    except OSError as error:
        raise not_stored(error, target.name) from error


def keep_snapshot(database: Path, before: str, count: int) -> Path:
    """Copy the database beside it before a revision, and delete all but the newest `count` copies."""
    copy = database.with_name(f"{database.stem}.before-{before}{database.suffix}")
    copy_database(database, copy)
    copies = database.parent.glob(f"{database.stem}.before-*{database.suffix}")
    for old in sorted(copies, key=lambda path: path.stat().st_mtime, reverse=True)[count:]:
        old.unlink()
    return copy
