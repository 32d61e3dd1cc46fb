"""Files that belong to this person alone, and that hold either their old content or their new one, whatever happens."""

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

MINE_ALONE = 0o600
MINE_ALONE_FOLDER = 0o700
REPLACE_TRIES = 20  # times 50 ms: on Windows a virus scanner may hold a file for a moment
BINARY: int = getattr(os, "O_BINARY", 0)  # Windows would write other line ends
NOT_WAITING: int = getattr(os, "O_NONBLOCK", 0)  # a pipe that nobody writes to would hold its reader for ever

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Write a moment so that it can stand in a file name on every system."""
    return moment.strftime("%Y-%m-%dT%H%M%SZ")


def make_private_folder(folder: Path) -> Path:
    """Make a folder that nobody else may look into. One that is there already stays as its owner has made it."""
    try:
        folder.mkdir(MINE_ALONE_FOLDER, parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        folder.chmod(MINE_ALONE_FOLDER)  # whatever the umask is
    return folder


def make_private_file(path: Path) -> None:
    """Make an empty file for this person alone, unless the file is there."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, MINE_ALONE))


def create_private_file(path: Path) -> IO[bytes]:
    """Open a new file for this person alone. FileExistsError: it is not new."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | BINARY, MINE_ALONE), "wb")


def replace_file(path: Path, content: bytes) -> None:
    """Put content in the place of a file, all or nothing, on the disk when this returns. One writer at a time."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # left by somebody who was killed
    try:
        with create_private_file(new) as file:
            file.write(content)
        sync(new)
        move(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def move(source: Path, target: Path) -> None:
    """Put a file in the place of another in the same file system, on the disk when this returns."""
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
    """Have a file's content, or a folder's names, on the disk. Windows keeps names by itself."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_aside(path: Path, now: Now) -> Path:
    """Keep a file that cannot be used, beside its place."""
    aside = path.with_name(f"{path.stem}.broken-{stamp(now())}{path.suffix}")
    move(path, aside)
    return aside


def read_json_object(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where there is no file. ValueError: it holds something else."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise not_stored(error, path.name) from error
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004, to the caller it is content that does not fit, as broken JSON is
    return value


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Put JSON, laid out for people, in the place of a file. Unavailable where the disk does not take it."""
    content = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode()
    try:
        replace_file(path, content + b"\n")
    except OSError as error:
        raise not_stored(error, path.name) from error


def open_plain_file(path: Path) -> IO[bytes]:
    """Open a file that anybody may have put there. OSError: it is a pipe, a device or a folder, or cannot be read."""
    file = os.fdopen(os.open(path, os.O_RDONLY | NOT_WAITING | BINARY), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "This is no plain file", str(path))
    return file


def read_small_file(path: Path, most: int) -> bytes:
    """Read a file that anybody may have put there. OSError: it is none, or larger than `most` bytes."""
    with open_plain_file(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, "This file is too large", str(path))
    return content


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def not_stored(error: OSError, name: str) -> Unavailable:
    """Say what the system has against a file, for a person."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Unavailable(f"The disk is full, so {name} could not be written. Make room and try again.")
    return Unavailable(f"{name} could not be used ({error.strerror}). Check that the folder is yours, and try again.")
