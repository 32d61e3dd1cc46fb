"""Putting prepared files in the place of others, all of them or none, whenever the end comes.

What is prepared lies in a folder `restoring` beside each target. The journal there is written last: from then on the
replacing goes on at the next start until it is done, and before that it has not begun.
"""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.storage.backup_archive import APP_CONFIG_FILE, LARGEST
from server.storage.database import DATABASE_FILE
from server.system.files import make_private_folder, move, read_json_object, replace_file, stamp, sync, write_json

FOLDER = "restoring"
JOURNAL_FILE = "journal.json"
BESIDE_DATABASE = ("-wal", "-shm")


@dataclass(frozen=True)
class Places:
    """Where the files lie: `config` that of the apps, `data` all others."""

    data: Path
    config: Path

    @property
    def journal(self) -> Path:
        return self.data / FOLDER / JOURNAL_FILE

    def target(self, name: str) -> Path:
        """Where a file has its place."""
        return (self.config if name == APP_CONFIG_FILE else self.data) / name

    def prepared(self, name: str) -> Path:
        """Where a file lies until it takes its place, in the same file system."""
        return self.target(name).parent / FOLDER / name

    def clear(self) -> None:
        """Make the folders for what is prepared, empty."""
        self.remove()
        for folder in {self.data, self.config}:
            make_private_folder(folder / FOLDER)

    def remove(self) -> None:
        """Remove the folders for what is prepared."""
        for folder in {self.data, self.config}:
            shutil.rmtree(folder / FOLDER, ignore_errors=True)


def begin(places: Places, prepared: Sequence[str], now: datetime) -> Path:
    """Decide on the replacing, and do it. Files that are not prepared are taken away. Answers where the old ones are."""
    kept = make_new_folder(places.data, f"before-restore-{stamp(now)}")
    for name in prepared:
        sync(places.prepared(name).parent)
    write_json(places.journal, {"kept": kept.name, "prepared": list(prepared)})
    finish(places)
    return kept


def finish(places: Places) -> None:
    """Go on with what was begun; without a journal nothing was, and what is prepared goes."""
    journal = read_json_object(places.journal)
    if journal:
        kept = places.data / journal["kept"]
        for name in LARGEST:
            replace(places, name, kept, is_prepared=name in journal["prepared"])
        sync(places.data)
        places.journal.unlink()
    places.remove()


def replace(places: Places, name: str, kept: Path, *, is_prepared: bool) -> None:
    """Keep an old file and put the new one in its place. Done again after a kill, it goes on where it was."""
    target, new = places.target(name), places.prepared(name)
    if is_prepared and not new.exists():
        return  # it is in its place already
    if name == DATABASE_FILE:
        for suffix in (*BESIDE_DATABASE, ""):
            with suppress(FileNotFoundError):
                move(target.with_name(name + suffix), kept / (name + suffix))
    elif target.exists():
        replace_file(kept / name, target.read_bytes())
        if not is_prepared:
            target.unlink()
    if is_prepared:
        move(new, target)


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
