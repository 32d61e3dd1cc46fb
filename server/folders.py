"""The folders of one person's Deskhand, and the lock that lets one program at a time use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import PlatformDirs

from server.context import Folders
from server.errors import Conflict
from server.storage.files import make_private_folder

LOCK_FILE = "lock"


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
def open_home(data_dir: Path | None, *, demo: bool) -> Iterator[Home]:
    """Make the folders and hold their lock. Raises Conflict while another Deskhand holds it."""
    home = find_home(data_dir, demo=demo)
    for folder in (home.folders.data, home.folders.config, home.folders.files, home.folders.logs):
        make_private_folder(folder)
    lock = FileLock(home.folders.data / LOCK_FILE, mode=0o600)
    try:
        lock.acquire(timeout=0)  # the system lets go of it when the holder dies, however it dies
    except Timeout:
        raise Conflict(f"Deskhand is running already with the data in {home.folders.data}.") from None
    try:
        yield home
    finally:
        lock.release()
