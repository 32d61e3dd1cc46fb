"""Database migrations at start: all or nothing, with a copy of the old database."""

import logging
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, bindparam, column, delete, insert, table
from sqlalchemy.exc import DBAPIError

from server.storage.schema_versions import CORE_FOLDER, find_foreign, find_newest, find_pending, read_versions, versions_of
from server.storage.snapshots import keep_snapshot
from server.storage.sqlite import USUAL_PAGE, connect, explain, writing_engine
from server.system.files import move, not_stored, sync

LONGEST_WAIT = 60_000  # milliseconds for another start to finish its migrations
KEPT_COPIES = 3
LARGE_PAGE = 16_384  # bytes, of the archive: imports take a twelfth less time
NEW = ".new"  # of a database that is being made

log = logging.getLogger(__name__)
alembic_version = table("alembic_version", column("version_num"))
FORGET = delete(alembic_version).where(alembic_version.c.version_num == bindparam("version"))
REMEMBER = insert(alembic_version).values(version_num=bindparam("version"))


def migrate(path: Path, folders: Sequence[Path] = ()) -> None:
    """Bring a database up to date, or make it. `folders`: the integrations' migrations; Deskhand's own need no naming.

    Conflict: a newer Deskhand has written it. Unavailable: it cannot be used, and the sentence says why. Blocking: call it
    before the server starts. Two starters take turns.
    """
    bring_up_to_date(path, list(dict.fromkeys((CORE_FOLDER, *folders))), KEPT_COPIES)


def migrate_archive(path: Path, folders: Sequence[Path]) -> None:
    """Bring an archive up to date, or make it, as `migrate` does. It has no tables of the core, and is too large to copy."""
    bring_up_to_date(path, folders, copies=0, page_size=LARGE_PAGE)


def bring_up_to_date(path: Path, folders: Sequence[Path], copies: int, page_size: int = USUAL_PAGE) -> None:
    """Run what is missing in a database, or make it. `copies`: how many of the database before migrations remain.

    `page_size`: bytes, of one that is made.
    """
    if not path.exists():
        create(path, folders, page_size)
    elif find_pending(read_versions(path), find_newest(folders)):
        upgrade_file(path, folders, copies)


def create(path: Path, folders: Sequence[Path], page_size: int) -> None:
    """Make a database under another name first: one that is empty has lost its content, and is none that is being made."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}{NEW}")
    try:
        upgrade_file(new, folders, copies=0, page_size=page_size)
        with suppress(FileExistsError):  # another start was faster
            link(new, path)
            sync(path.parent)
    except OSError as error:
        raise not_stored(error, path.name) from error
    finally:
        new.unlink(missing_ok=True)


def link(new: Path, path: Path) -> None:
    """Give a file its name unless another has it. Raises FileExistsError."""
    try:
        path.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        move(new, path)


def remove_unfinished(path: Path) -> None:
    """Remove what a killed first start has left beside a database, before anything is opened."""
    for unfinished in path.parent.glob(f"{path.name}.*{NEW}*"):
        unfinished.unlink(missing_ok=True)


def upgrade_file(path: Path, folders: Sequence[Path], copies: int, page_size: int = USUAL_PAGE) -> None:
    """Run what is missing in a database."""
    engine = writing_engine(path, LONGEST_WAIT, page_size)
    try:
        with connect(engine) as connection:
            driver = cast("sqlite3.Connection", connection.connection.driver_connection)
            driver.execute("PRAGMA foreign_keys=OFF")  # tables are rebuilt; it can be set outside a transaction only
            with connection.begin():
                upgrade(connection, driver, path, folders, copies)
    except DBAPIError as error:
        raise explain(error) from error
    finally:
        engine.dispose()


def upgrade(connection: Connection, driver: sqlite3.Connection, path: Path, folders: Sequence[Path], copies: int) -> None:
    """Inside a transaction: look again, as another start may have done it meanwhile, and run what is missing."""
    versions, newest = versions_of(driver), find_newest(folders)
    pending = find_pending(versions, newest)
    if not pending:
        return
    if versions and copies:
        keep_snapshot(path, pending[0], copies)
    log.info("The database is brought to %s.", ", ".join(pending))
    foreign = [{"version": version} for version in find_foreign(versions, newest)]
    if foreign:
        connection.execute(FORGET, foreign)  # Alembic refuses what it has no file for
    run_alembic(connection, folders)
    if foreign:
        connection.execute(REMEMBER, foreign)
    if broken := driver.execute("PRAGMA foreign_key_check").fetchmany(3):
        raise RuntimeError(f"A migration would leave rows without their parent: {broken}")


def run_alembic(connection: Connection, folders: Iterable[Path]) -> None:
    """Run every revision that is missing in the transaction that the caller has begun."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    options = {
        "script_location": str(CORE_FOLDER.parent),
        "path_separator": "newline",
        "version_locations": "\n".join(map(str, folders)),
    }
    for name, value in options.items():
        config.set_main_option(name, value.replace("%", "%%"))  # it would be a reference to another option
    command.upgrade(config, "heads")
