"""Backup and restore: a consistent copy of the data, without secrets."""

import errno
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from server.core.errors import Conflict, DeskhandError, InvalidInput, NotFound, Unavailable
from server.storage import backup_archive, restore_journal
from server.storage.archive import ARCHIVE_FILE
from server.storage.archive import explain as explain_archive
from server.storage.backup_archive import APP_CONFIG_FILE, LARGEST
from server.storage.data_dir import ARCHIVE_FILES
from server.storage.database import DATABASE_FILE
from server.storage.migrations import migrate, migrate_archive
from server.storage.restore_journal import RestorePaths
from server.storage.restored import Restored, read_text_file, separate_settings
from server.storage.restored_database import has_foreign_objects, require_own_content
from server.storage.revocation import Revocation, revoke_access
from server.storage.schema_versions import CORE_FOLDER, branch_of, find_newest, read_versions
from server.storage.settings import SETTINGS_FILE
from server.storage.snapshots import copy_database
from server.storage.sqlite import check, explain
from server.system.files import Now, not_stored, sync, utc_now

WORKPLACE = ".backup-"
OPTIONAL = {ARCHIVE_FILE, ARCHIVE_FILES}
DATABASES = {DATABASE_FILE, ARCHIVE_FILE}
FOREIGN = "This backup holds something that Deskhand does not write. Nothing was changed."
NO_NAME = "No file can have this name. Choose another one."


def back_up(
    data: Path,
    target: Path,
    *,
    config: Path | None = None,
    overwrite: bool = False,
    with_archive: bool = False,
    now: Now = utc_now,
) -> Path:
    """Put what is kept into one zip file, also while Deskhand runs. `config`: the folder of app_config.json.

    `with_archive`: the archive of imported history and its files too, if there is one; they may be large.

    Conflict: there is a file of that name, and it is no backup or may not be overwritten. Blocking.
    """
    places = RestorePaths(data, config or data)
    try:
        str(target).encode()
        refuse_target(target, overwrite=overwrite)
    except ValueError as error:
        raise InvalidInput(NO_NAME) from error
    except OSError as error:
        raise InvalidInput(NO_NAME) if error.errno == errno.ENAMETOOLONG else not_stored(error, target.name) from error
    if not places.target(DATABASE_FILE).exists():
        raise NotFound("There is nothing to back up yet.")
    try:
        with tempfile.TemporaryDirectory(prefix=WORKPLACE, dir=data) as workplace:
            files = copy_files(places, Path(workplace), with_archive=with_archive)
            backup_archive.pack(target, files, now())
    except OSError as error:
        raise not_stored(error, target.name) from error
    return target


def refuse_target(target: Path, *, overwrite: bool) -> None:
    """Raise Conflict if the target exists and is not a backup that may be overwritten."""
    if not target.parent.is_dir():
        raise InvalidInput(f"There is no folder {target.parent}. Make it, or choose another one.")
    try:
        existing = target.lstat()
    except FileNotFoundError:
        return
    if not overwrite:
        raise Conflict(f"{target.name} is there already. Choose another name, or overwrite an older backup.")
    if not stat.S_ISREG(existing.st_mode) or not backup_archive.is_backup(target):
        raise Conflict(f"{target.name} is no backup of Deskhand, so it stays as it is. Choose another name.")


def copy_files(places: RestorePaths, workplace: Path, *, with_archive: bool) -> dict[str, Path]:
    """Copy the files of a backup that exist. Those of the archive never change, so they are read where they are."""
    wanted = [name for name in LARGEST if with_archive or name not in OPTIONAL]
    files = {name: workplace / name for name in wanted if places.target(name).exists()}
    for name, copy in files.items():
        if name == ARCHIVE_FILE:
            copy_archive(places.target(name), copy)
        elif name == DATABASE_FILE:
            copy_database(places.target(name), copy)
        elif name == ARCHIVE_FILES:
            files[name] = places.target(name)
        else:
            shutil.copyfile(places.target(name), copy)
    return files


def copy_archive(source: Path, target: Path) -> None:
    """Copy the archive. Raises Unavailable with a sentence that names it."""
    try:
        copy_database(source, target)
    except Unavailable as error:
        raise explain_archive(error, source) from error


def ignore(share: float) -> None:
    """Report progress to nobody."""
    del share


@dataclass(frozen=True)
class RestoreOptions:
    """`with_access`: keys and clients in the backup are valid again; otherwise all are revoked.

    `folders`, `archive_folders`, `revocations`: the integrations'. `harmless`: the fields of each section of the settings that
    need no confirmation. `running`: a server uses the data, so the files are replaced when the next one starts.
    `on_progress`: called with a share.
    """

    with_access: bool = False
    folders: Sequence[Path] = ()
    archive_folders: Sequence[Path] = ()
    revocations: Sequence[Revocation] = ()
    harmless: Mapping[str, Collection[str]] = field(default_factory=dict)
    running: bool = False
    on_progress: Callable[[float], None] = ignore


def restore(
    source: Path, data: Path, options: RestoreOptions | None = None, *, config: Path | None = None, now: Now = utc_now
) -> Path | None:
    """Go back to a backup; the caller holds the lock of the data. Returns the folder with what was replaced, if anything.

    The settings and the programs of the backup that could open or run something wait for the person: see `Restored`.
    Raises InvalidInput for a file that is no backup and Conflict for one of a newer Deskhand or while another process uses the
    data; then, and after a kill, everything is as it was, or `finish_restore` makes it all as in the backup. Blocking.
    """
    options = options or RestoreOptions()
    if not source.is_file():
        raise NotFound(f"There is no file {source.name}.")
    places = RestorePaths(data, config or data)
    if options.running and places.journal.exists():
        raise Conflict("A backup is being restored already.")
    if not options.running:
        restore_journal.finish(places)
    places.clear()
    try:
        replaced = prepare(source, places, options, now)
        if options.running:
            return replaced
        restore_journal.finish(places)
    except OSError as error:
        raise not_stored(error, "Deskhand's data") from error
    finally:
        if not places.journal.exists():
            places.remove()
    if any(replaced.iterdir()):
        return replaced
    replaced.rmdir()
    return None


def prepare(source: Path, places: RestorePaths, options: RestoreOptions, now: Now) -> Path:
    """Prepare the files that the next `finish_restore` moves into their places. Returns the folder for what they replace."""
    moment = now()
    manifest = backup_archive.unpack(source, places.prepared(DATABASE_FILE).parent, options.on_progress)
    revoke = partial(revoke_access, moment=moment, more=options.revocations, with_access=options.with_access)
    prepare_database(places.prepared(DATABASE_FILE), [CORE_FOLDER], partial(migrate, folders=options.folders), revoke)
    if ARCHIVE_FILE in manifest.files:
        make = partial(migrate_archive, folders=options.archive_folders)
        prepare_database(places.prepared(ARCHIVE_FILE), options.archive_folders, make, revoke)
    if not options.running:
        for name in DATABASES & manifest.files.keys():
            consolidate_database(places.target(name))
    replaced = restore_journal.make_replaced_folder(places, moment)
    try:
        made_at, version = manifest.created_at.isoformat(), manifest.deskhand
        restored = Restored(at=moment.isoformat(), made_at=made_at, version=version, replaced=str(replaced))
        prepare_settings(places, options.harmless, restored)
        restore_journal.plan(places, replaced)
    except BaseException:
        replaced.rmdir()
        raise
    return replaced


def prepare_settings(places: RestorePaths, harmless: Mapping[str, Collection[str]], restored: Restored) -> None:
    """Prepare the settings, with what waits for the person."""
    apps = places.prepared(APP_CONFIG_FILE)
    if apps.exists():
        text = read_text_file(apps)
        current = places.target(APP_CONFIG_FILE)
        if not current.exists() or current.read_bytes() != text.encode():
            restored.files[APP_CONFIG_FILE] = text
    separate_settings(places.prepared(SETTINGS_FILE), places.target(SETTINGS_FILE), harmless, restored)


def finish_restore(data: Path, config: Path | None = None) -> None:
    """At the start, with the lock held and before anything is opened: end what a kill interrupted. Blocking."""
    restore_journal.finish(RestorePaths(data, config or data))
    for workplace in data.glob(f"{WORKPLACE}*"):
        shutil.rmtree(workplace, ignore_errors=True)


def prepare_database(path: Path, required: Sequence[Path], make: Callable[[Path], None], revoke: Callable[[Path], None]) -> None:
    """Check that a database is sound, ours and not newer, bring it up to date, and revoke the access in it.

    `required`: folders of migrations of which it has to have some. `make` migrates a database, or makes it.
    """
    try:
        check(path)
        versions = read_versions(path)
    except Unavailable as error:
        raise InvalidInput("The database in this backup is damaged. Nothing was changed.") from error
    if set(find_newest(required)).isdisjoint(map(branch_of, versions)):
        raise InvalidInput("This backup does not hold Deskhand's data. Nothing was changed.")
    with closing(sqlite3.connect(path)) as connection:  # triggers and views could undo a revocation; ours has none
        if has_foreign_objects(connection):
            raise InvalidInput(FOREIGN)
    try:
        make(path)
        require_own_content(path, make)
        revoke(path)
    except (DeskhandError, OSError):
        raise
    except Exception as error:
        cause = explain(error)
        raise cause if isinstance(cause, Unavailable) else InvalidInput(FOREIGN) from error
    consolidate_database(path)
    sync(path)


def consolidate_database(path: Path) -> None:
    """Checkpoint the write-ahead log into the database file, which needs exclusive access. A damaged database stays as it is."""
    if not looks_like_database(path):
        return  # to open it would delete the log beside it, which may be all that is left
    try:
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise Conflict("Deskhand's data is in use. Quit Deskhand, then restore. Nothing was changed.") from error
    except sqlite3.DatabaseError:
        return


def looks_like_database(path: Path) -> bool:
    """Check the magic header. https://sqlite.org/fileformat.html#magic_header_string"""
    if not path.exists():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"
