"""The data directory of one person, and the lock that lets one program at a time use it."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import PlatformDirs

from server.core.errors import Conflict, Unavailable
from server.system.files import make_private_folder
from server.system.permissions import grants_access

LOCK_FILE = "lock"
LOCK_SECONDS = 0.5  # that a start waits for one who only looks whether the lock is held
ARCHIVE_FILES = "archive-files"  # folder of files that the archive refers to, each named by the SHA-256 of its content
DEMO_FILE = "demo"  # marks a folder with made-up accounts; a folder of this name is the demo's own, inside a person's data


class InUse(Conflict):
    """Another Deskhand holds the lock of the folder."""


@dataclass(frozen=True)
class Folders:
    """Folders with mode 0700.

    `data`: database, settings, secrets. `config`: the app_config.json that a person may edit. `files`: what is attached to and
    taken out of mails. `logs`.
    """

    data: Path
    config: Path
    files: Path
    logs: Path


@dataclass(frozen=True)
class DataDir:
    """`own`: everything lies in one folder that the person named (or demo mode's), the operating system's keyring included."""

    folders: Folders
    own: bool


def find_home(data_dir: Path | None, *, demo: bool) -> DataDir:
    """Return the folders without creating them."""
    places = PlatformDirs("Deskhand", appauthor=False, roaming=False)
    if data_dir or demo:
        base = data_dir.expanduser().resolve() if data_dir else places.user_data_path / "demo"
        return DataDir(Folders(base, base, base / "files", base / "logs"), own=True)
    data = places.user_data_path
    return DataDir(Folders(data, places.user_config_path, data / "files", places.user_log_path), own=False)


@contextmanager
def open_home(data_dir: Path | None, *, demo: bool | None) -> Iterator[DataDir]:
    """Make the folders and hold their lock. `demo` None: whichever kind of data lies there.

    Raises InUse while another Deskhand holds the lock, and Conflict where made-up accounts would meet a person's own.
    """
    home = find_home(data_dir, demo=bool(demo))
    for folder in (home.folders.data, home.folders.config, home.folders.files):
        ensure_folder(folder, own=home.own)
    with suppress(OSError):  # the log reports this itself
        make(home.folders.logs, own=home.own)
    lock = FileLock(home.folders.data / LOCK_FILE, mode=0o600)
    try:
        lock.acquire(timeout=LOCK_SECONDS, poll_interval=0.02)  # the system lets go of it when the holder dies, however it dies
    except Timeout:
        raise InUse(f"Deskhand is running already with the data in {home.folders.data}.") from None
    except OSError as error:  # a disk that may only be read
        raise unusable(home.folders.data, error) from error
    try:
        if demo is not None:
            check_kind(home.folders.data, demo=demo)
        yield home
    finally:
        lock.release()


def ensure_folder(folder: Path, *, own: bool) -> None:
    """Create a folder. Raises Unavailable if the system refuses, Conflict if others may write into it."""
    try:
        make(folder, own=own)
        if grants_access(folder.stat(), stat.S_IWGRP, stat.S_IWOTH):
            raise Conflict(
                f"Others on this computer may write into {folder}, so it is no place for passwords. "
                f"Take that right from them (chmod go-w), or give another folder with --data-dir."
            )
    except OSError as error:
        raise unusable(folder, error) from error


def unusable(folder: Path, error: OSError) -> Unavailable:
    """Translate the system's refusal into a sentence for the person."""
    return Unavailable(f"The folder {folder} cannot be used ({error.strerror}). Check that it is yours.")


def make(folder: Path, *, own: bool) -> None:
    """Make a folder for this person alone. One that they named, or linked to, keeps the rights it has. Raises OSError."""
    make_private_folder(folder)
    if not own and not folder.is_symlink():
        folder.chmod(0o700)


def warn_if_readable(home: DataDir) -> str | None:
    """Return a warning if others may read the folder that the person named, else None."""
    with suppress(OSError):
        if grants_access(home.folders.data.stat(), stat.S_IRGRP, stat.S_IROTH):
            return (
                f"Others on this computer may look into {home.folders.data}. They see which files are there, and cannot read "
                "Deskhand's. To keep them out: chmod go-rwx, on that folder."
            )
    return None


def is_held(data: Path) -> bool:
    """Return whether a Deskhand holds the lock of a folder. Creates no lock file."""
    if not (data / LOCK_FILE).exists():
        return False
    lock = FileLock(data / LOCK_FILE, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:  # it is somebody else's
        return False
    lock.release()
    return False


def check_kind(data: Path, *, demo: bool) -> None:
    """Keep the demo's data and a person's own in folders apart. Raises Conflict."""
    from server.storage.database import DATABASE_FILE

    marker = data / DEMO_FILE
    is_demo, is_own = marker.is_file(), (data / DATABASE_FILE).exists() or marker.is_dir()
    if demo and is_own and not is_demo:
        raise Conflict(f"The data in {data} is your own. Give the demo another folder with --data-dir, or none.")
    if not demo and is_demo:
        raise Conflict(f"The data in {data} is the demo's. Start with --demo, or give another folder with --data-dir.")
    if demo:
        marker.touch(0o600)
