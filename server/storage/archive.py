"""The archive: a second database, of what was imported. It may be large, damaged or absent, and Deskhand starts all the same."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from server.core.errors import Conflict, Unavailable
from server.storage.database import USUAL, Database, Limits
from server.storage.migrations import migrate_archive, remove_unfinished
from server.storage.sqlite import has_content, is_damage

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)
ARCHIVE_FILE = "archive.db"
DAMAGED = "The archive of imported history is damaged. Restore a backup that has it, or quit Deskhand and delete {name}."
TOO_NEW = "The archive of imported history was written by a newer Deskhand. Install that one again."
ABSENT = "There is no archive of imported history here."


class Archive(Database):
    """A database that is opened by its first use, in a thread. `prepare` makes or migrates its file, and blocks.

    Everything that uses it raises Unavailable, with a sentence about the archive, if that fails; the next use tries again.
    """

    def __init__(self, path: Path, prepare: Callable[[], None], limits: Limits = USUAL) -> None:
        self._path, self._prepare, self._limits = path, prepare, limits
        self._database: Database | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def write(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function that changes things, as a database does."""
        database = await self.open()
        try:
            return await database.write(function, *args, **kwargs)
        except Unavailable as error:
            raise self._note(error) from error

    async def read(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function that only reads, as a database does."""
        database = await self.open()
        try:
            return await database.read(function, *args, **kwargs)
        except Unavailable as error:
            raise self._note(error) from error

    async def open(self) -> Database:
        """Open it unless it is open. Raises Unavailable."""
        self._refuse_when_closed()
        async with self._opening:
            if self._database is None:
                try:
                    await asyncio.to_thread(self._prepare)
                    self._database = Database(self._path, self._limits)
                except Exception as error:
                    if self.problem is None:  # once: each use tries again
                        log.exception("The archive could not be opened.")
                    unavailable = explain(error, self._path)
                    self.problem = unavailable.detail
                    raise unavailable from error
                self.problem = None
            return self._database

    async def close(self) -> None:
        """Store what is waiting, then stop."""
        self._closed = True
        async with self._opening:
            if self._database:
                await self._database.close()

    def _note(self, error: Exception) -> Unavailable:
        unavailable = explain(error, self._path)
        if unavailable is not error:  # it is damaged; a full disk passes
            self.problem = unavailable.detail
        return unavailable


def open_archive(data: Path, folders: Sequence[Path]) -> Archive:
    """Make the archive of a data directory, unopened. `folders`: the integrations' migrations of it."""
    path = data / ARCHIVE_FILE

    def prepare() -> None:
        remove_unfinished(path)
        has_content(path)
        migrate_archive(path, folders)

    return Archive(path, prepare)


def no_archive() -> Archive:
    """Make an archive that is not there: each use of it raises Unavailable."""

    def refuse() -> None:
        raise Unavailable(ABSENT)

    return Archive(Path(ARCHIVE_FILE), refuse)


def explain(error: Exception, path: Path) -> Unavailable:
    """Say of the archive what a database says of itself."""
    if isinstance(error, Conflict):
        return Unavailable(TOO_NEW)
    if isinstance(error, Unavailable) and not is_damage(error):
        return error
    return Unavailable(DAMAGED.format(name=path.name))  # also for tables that no migration of ours has made
