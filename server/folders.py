"""The folders of one person's Deskhand, and the lock that lets one program at a time use them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import PlatformDirs

from server.errors import Conflict, Unavailable
from server.storage.files import make_private_folder

LOCK_FILE = "lock"
DEMO_FILE = "demo"  # marks a folder with made-up accounts


class InUse(Conflict):
    """Another Deskhand holds the lock of the folder."""


@dataclass(frozen=True)
class Folders:
    """Where things lie, all for this person alone (0700).

    `data`: database, settings, secrets. `config`: the app_config.json that a person may edit. `files`: what is attached to and
    taken out of mails. `logs`.
    """

    data: Path
    config: Path
    files: Path
    logs: Path


@dataclass(frozen=True)
class Home:
    """`own`: everything lies in one folder that the person named (or demo mode's), the operating system's keyring included."""

    folders: Folders
    own: bool


def find_home(data_dir: Path | None, *, demo: bool) -> Home:
    """Say where things lie, without touching anything."""
    if data_dir:
        base = data_dir.expanduser().resolve()
        return Home(Folders(base, base, base / "files", base / "logs"), own=True)
    places = PlatformDirs("Deskhand", appauthor=False, roaming=False)
    if demo:
        base = places.user_data_path / "demo"
        return Home(Folders(base, base, base / "files", base / "logs"), own=True)
    data = places.user_data_path
    return Home(Folders(data, places.user_config_path, data / "files", places.user_log_path), own=False)


@contextmanager
def open_home(data_dir: Path | None, *, demo: bool | None) -> Iterator[Home]:
    """Make the folders and hold their lock. `demo` None: whichever kind of data lies there.

    Raises InUse while another Deskhand holds the lock, and Conflict where made-up accounts would meet a person's own.
    """
    home = find_home(data_dir, demo=bool(demo))
    for folder in (home.folders.data, home.folders.config, home.folders.files):
        make_or_say(folder)
    with suppress(OSError):  # the log itself tells that it cannot be written
        make_private_folder(home.folders.logs)
    lock = FileLock(home.folders.data / LOCK_FILE, mode=0o600)
    try:
        lock.acquire(timeout=0)  # the system lets go of it when the holder dies, however it dies
    except Timeout:
        raise InUse(f"Deskhand is running already with the data in {home.folders.data}.") from None
    try:
        if demo is not None:
            check_kind(home.folders.data, demo=demo)
        yield home
    finally:
        lock.release()


def make_or_say(folder: Path) -> None:
    """Make a folder. Unavailable: the disk or the system refuses."""
    try:
        make_private_folder(folder)
    except OSError as error:
        raise Unavailable(f"The folder {folder} cannot be used ({error.strerror}). Check that it is yours.") from error


def check_kind(data: Path, *, demo: bool) -> None:
    """Keep the demo's data and a person's own in folders apart. Raises Conflict."""
    from server.storage.database import DATABASE_FILE

    marker, used = data / DEMO_FILE, (data / DATABASE_FILE).exists()
    if demo and used and not marker.exists():
        raise Conflict(f"The data in {data} is your own. Give the demo another folder with --data-dir, or none.")
    if not demo and marker.exists():
        raise Conflict(f"The data in {data} is the demo's. Start with --demo, or give another folder with --data-dir.")
    if demo:
        marker.touch(0o600)
