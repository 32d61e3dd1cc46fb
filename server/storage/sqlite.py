"""SQLite through SQLAlchemy: engines, pragmas, and errors as sentences."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, NullPool, Pool, Select, bindparam, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError

from server.core.errors import Unavailable
from server.system.files import make_private_file, not_stored

SENTENCES = {
    sqlite3.SQLITE_BUSY: "Another program holds Deskhand's data. Close it, or try again in a moment.",
    sqlite3.SQLITE_LOCKED: "Another program holds Deskhand's data. Close it, or try again in a moment.",
    sqlite3.SQLITE_FULL: "The disk is full, so nothing was stored. Make room and try again.",
    sqlite3.SQLITE_IOERR: "The disk did not take or give Deskhand's data. Make room or check the disk, and try again.",
    sqlite3.SQLITE_CANTOPEN: "Deskhand's data cannot be opened. Check that its folder is there and yours.",
    sqlite3.SQLITE_CORRUPT: "Deskhand's data is damaged. Quit Deskhand and restore a backup.",
    sqlite3.SQLITE_NOTADB: "Deskhand's data is damaged. Quit Deskhand and restore a backup.",
}
EMPTY = "{name} is empty, so what Deskhand stored is gone. Restore a backup, or delete this file to begin anew."
LOG_ALONE = "{name} is gone, and only its log {log} is left. Put it back or restore a backup, or delete the log to begin anew."
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
USUAL_PAGE = 4_096  # bytes
COMMON = {"foreign_keys": "ON", "synchronous": "FULL", "trusted_schema": "OFF"}


def writing_engine(path: Path, busy_milliseconds: int, page_size: int = USUAL_PAGE) -> Engine:
    """For the writer thread and the migrations. fullfsync matters on macOS only and is ignored elsewhere.

    `page_size`: bytes, of a database that is made by this.
    """
    try:
        make_private_file(path)
    except OSError as error:
        raise not_stored(error, path.name) from error
    pragmas = {"page_size": page_size, "journal_mode": "WAL", "fullfsync": "ON", **COMMON}
    return engine(path, "BEGIN IMMEDIATE", busy_milliseconds, pragmas, poolclass=NullPool)


def reading_engine(path: Path, busy_milliseconds: int, pool: type[Pool], **options: Any) -> Engine:
    """For readers, which never checkpoint: SQLite before 3.51.3 can lose a commit when two connections do.

    https://sqlite.org/wal.html#walresetbug
    """
    pragmas = {"query_only": "ON", "wal_autocheckpoint": 0, **COMMON}
    return engine(path, "BEGIN", busy_milliseconds, pragmas, poolclass=pool, **options)


def engine(path: Path, begin: str, busy_milliseconds: int, pragmas: Mapping[str, object], **options: Any) -> Engine:
    """Make an engine that starts transactions itself: the driver would start them late, and never for DDL."""
    url = URL.create("sqlite", database=str(path))
    arguments = {"isolation_level": None, "check_same_thread": False}
    made = create_engine(url, hide_parameters=True, connect_args=arguments, **options)  # errors are logged, private texts are not

    @event.listens_for(made, "connect")
    def prepare(driver: sqlite3.Connection, _: object) -> None:
        set_pragmas(driver, {"busy_timeout": busy_milliseconds, **pragmas})

    @event.listens_for(made, "begin")
    def start(connection: Connection) -> None:
        cast("sqlite3.Connection", connection.connection.driver_connection).execute(begin)  # a third of the time of SQLAlchemy

    return made


def set_pragmas(driver: sqlite3.Connection, pragmas: Mapping[str, object]) -> None:
    """Set the pragmas of a new connection; close it if the file is broken."""
    try:
        for name, value in pragmas.items():
            driver.execute(f"PRAGMA {name}={value}")
    except sqlite3.Error:
        driver.close()
        raise


def select_values(parameter: str) -> Select[Any]:
    """Select the values of a parameter that is a JSON list: one statement for any number of values."""
    return select(func.json_each(bindparam(parameter)).table_valued("value").c.value)


def connect_directly(path: Path, *, busy_milliseconds: int = 5_000) -> sqlite3.Connection:
    """Connect without SQLAlchemy, for what is done to a file as a whole. It does not checkpoint beside others."""
    connection = sqlite3.connect(path, timeout=busy_milliseconds / 1_000, isolation_level=None)
    set_pragmas(connection, {"wal_autocheckpoint": 0, **COMMON})
    return connection


def connect(engine: Engine) -> Connection:
    """Connect. Raises Unavailable if the database cannot be used."""
    try:
        return engine.connect()
    except DBAPIError as error:
        raise explain(error) from error


def check(path: Path) -> None:
    """Check a database for damage. Raises Unavailable if there is any, or nothing at all in it. Blocking."""
    if not has_content(path):
        return
    try:
        with closing(connect_directly(path)) as connection:
            connection.text_factory = bytes  # a damaged file may hold anything
            said = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
            has_tables = connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise explain(error) from error
    if said != [b"ok"]:
        raise Unavailable(SENTENCES[sqlite3.SQLITE_CORRUPT])
    if not has_tables:
        raise Unavailable(EMPTY.format(name=path.name))


def has_content(path: Path) -> bool:
    """Return whether there is a database. Raises Unavailable if all that is left of one is an empty file or its log."""
    if path.exists():
        refuse_empty(path)
        return True
    log = path.with_name(f"{path.name}-wal")
    if log.exists():  # SQLite would run it on a new database
        raise Unavailable(LOG_ALONE.format(name=path.name, log=log.name))
    return False


def is_damage(error: BaseException | None) -> bool:
    """Return whether an error of SQLite, or one that was made of it, is about the content of the file."""
    while isinstance(error, (Unavailable, DBAPIError)):
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGE


def refuse_empty(path: Path) -> None:
    """Raise Unavailable for a file of no bytes: a database appears whole (see migrations), so it has lost its content.

    SQLite would take it for a new one, and remove the log beside it.
    """
    try:
        if path.stat().st_size == 0:
            raise Unavailable(EMPTY.format(name=path.name))
    except OSError as error:
        raise not_stored(error, path.name) from error


def explain(error: Exception) -> Exception:
    """Convert errors of the file or disk into Unavailable; return any other error unchanged."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the upper bits tell more than a person can use
    if code not in SENTENCES:
        return error
    unavailable = Unavailable(SENTENCES[code], retry_after=1 if code in PASSING else None)
    unavailable.__cause__ = error
    return unavailable
