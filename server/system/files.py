"""Private files (0600) that are replaced atomically and durably."""

import errno
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from server.core.errors import Unavailable

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
REPLACE_TRIES = 20  # times 50 ms: on Windows a virus scanner may hold a file for a moment
BINARY: int = getattr(os, "O_BINARY", 0)  # Windows would convert line ends
NONBLOCKING: int = getattr(os, "O_NONBLOCK", 0)  # opening a pipe without a writer would block forever
NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Format a time for file names on every system."""
    return moment.strftime("%Y-%m-%dT%H%M%SZ")


def make_private_folder(folder: Path) -> Path:
    """Create a folder with mode 0700; an existing one keeps its mode."""
    try:
        folder.mkdir(PRIVATE_FOLDER, parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        folder.chmod(PRIVATE_FOLDER)  # regardless of the umask
    return folder


def make_private_file(path: Path) -> None:
    """Create an empty file with mode 0600 unless it exists."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))


def create_private_file(path: Path) -> IO[bytes]:
    """Create a file with mode 0600. Raises FileExistsError."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | BINARY, PRIVATE_FILE), "wb")


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file's content atomically and durably. Only one writer at a time is supported."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # left by a killed process
    try:
        with create_private_file(new) as file:
            file.write(content)
        sync(new)
        move(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def move(source: Path, target: Path) -> None:
    """Replace a file by another of the same file system, durably."""
    for tries in range(1, REPLACE_TRIES + 1):
        try:
            source.replace(target)
            break
        except PermissionError:
            if os.name != "nt" or tries == REPLACE_TRIES:
                raise
            time.sleep(0.05)
    sync(target.parent)


def sync(path: Path) -> None:
    """Flush a file's content, or a folder's entries, to the disk. Windows flushes entries by itself."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_aside(path: Path, now: Now) -> Path:
    """Rename an unusable file, so that it is kept beside its place."""
    aside = path.with_name(f"{path.stem}.broken-{stamp(now())}{path.suffix}")
    move(path, aside)
    return aside


def read_json_object(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None if there is no file. Raises ValueError for other content."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise not_stored(error, path.name) from error
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004, for callers it is invalid content like broken JSON
    return value


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replace a file by indented JSON. Raises Unavailable if it cannot be written."""
    content = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode()
    try:
        replace_file(path, content + b"\n")
    except OSError as error:
        raise not_stored(error, path.name) from error


def open_plain_file(path: Path, *, follow: bool = True) -> IO[bytes]:
    """Open an untrusted file. Raises OSError if it is a pipe, a device or a folder, or cannot be read; a link unless `follow`."""
    file = os.fdopen(os.open(path, os.O_RDONLY | NONBLOCKING | BINARY | (0 if follow else NO_FOLLOW)), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "This is no plain file", str(path))
    return file


def read_small_file(path: Path, max_size: int) -> bytes:
    """Read an untrusted file. Raises OSError if it is no plain file or larger than `max_size` bytes."""
    with open_plain_file(path) as file:
        content = file.read(max_size + 1)
    if len(content) > max_size:
        raise OSError(errno.EFBIG, "This file is too large", str(path))
    return content


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's content in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def not_stored(error: OSError, name: str) -> Unavailable:
    """Translate a file error into a sentence for the person."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Unavailable(f"The disk is full, so {name} could not be written. Make room and try again.")
    return Unavailable(f"{name} could not be used ({error.strerror}). Check that the folder is yours, and try again.")
