"""Replacement of files, all or none, that survives a kill at any moment.

What is prepared lies in a folder `restoring` beside the database. The journal there is written last: from then on the
replacing goes on at the next start until it is done, and before that it has not begun.
"""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.storage.archive import ARCHIVE_FILE
from server.storage.backup_archive import APP_CONFIG_FILE
from server.storage.backup_files import merge_files
from server.storage.data_dir import ARCHIVE_FILES
from server.storage.database import DATABASE_FILE
from server.storage.settings import SETTINGS_FILE
from server.system.files import make_private_folder, move, read_json_object, replace_file, stamp, sync, write_json

FOLDER = "restoring"
JOURNAL_FILE = "journal.json"
REPLACED = (DATABASE_FILE, SETTINGS_FILE)  # app_config.json waits for confirmation
DATABASES = (DATABASE_FILE, ARCHIVE_FILE)
BESIDE_DATABASE = ("-wal", "-shm")


@dataclass(frozen=True)
class RestorePaths:
    """Folders of the files: `config` holds the apps' file, `data` all others."""

    data: Path
    config: Path

    @property
    def journal(self) -> Path:
        return self.data / FOLDER / JOURNAL_FILE

    def target(self, name: str) -> Path:
        """Path of a file in use."""
        return (self.config if name == APP_CONFIG_FILE else self.data) / name

    def prepared(self, name: str) -> Path:
        """Path of the prepared file."""
        return self.data / FOLDER / name

    def clear(self) -> None:
        """Make the folder for what is prepared, empty."""
        self.remove()
        make_private_folder(self.data / FOLDER)

    def remove(self) -> None:
        """Remove the folder for what is prepared; a version before this one had another beside app_config.json."""
        for folder in {self.data, self.config}:
            shutil.rmtree(folder / FOLDER, ignore_errors=True)


def plan(places: RestorePaths, replaced: Path) -> None:
    """Write the journal: from now on the next `finish` replaces the files. `replaced`: the folder for the old ones."""
    sync(places.data / FOLDER)
    write_json(places.journal, {"kept": replaced.name, "prepared": REPLACED})


def finish(places: RestorePaths) -> None:
    """Complete a journaled replacement; without a journal, remove the prepared files."""
    journal = read_json_object(places.journal)
    if journal:
        replaced = places.data / journal["kept"]
        for name in REPLACED:
            replace(places, name, replaced, is_prepared=name in journal["prepared"])
        merge_files(places.prepared(ARCHIVE_FILES), places.target(ARCHIVE_FILES))
        replace(places, ARCHIVE_FILE, replaced, is_prepared=True)  # without one in the backup, the present one stays
        sync(places.data)
        places.journal.unlink()
    places.remove()


def replace(places: RestorePaths, name: str, replaced: Path, *, is_prepared: bool) -> None:
    """Keep an old file and move the new one into its place. Safe to repeat after a kill."""
    target, new = places.target(name), places.prepared(name)
    if is_prepared and not new.exists():
        return  # it is in its place already
    if name in DATABASES:
        for suffix in (*BESIDE_DATABASE, ""):
            with suppress(FileNotFoundError):
                move(target.with_name(name + suffix), replaced / (name + suffix))
    elif target.exists():
        replace_file(replaced / name, target.read_bytes())
        if not is_prepared:
            target.unlink()
    if is_prepared:
        move(new, target)


def make_replaced_folder(places: RestorePaths, now: datetime) -> Path:
    """Make the folder for what is replaced."""
    return make_new_folder(places.data, f"before-restore-{stamp(now)}")


def make_new_folder(parent: Path, name: str) -> Path:
    """Make a folder under a name that no other has."""
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(0o700)
        except FileExistsError:
            number += 1
        else:
            return folder
