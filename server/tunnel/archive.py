"""Takes the one program out of an archive that came from the internet: nothing else, and nowhere else."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar

from server.errors import UpstreamFailed
from server.storage.files import create_private_file, sync

T = TypeVar("T")

LARGEST = 400_000_000  # bytes of the program
CHUNK = 1 << 20
BROKEN = "What was downloaded is not ngrok's program, or it is broken. Try again."
UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError)


def unpack_program(archive: Path, name: str, target: Path) -> None:
    """Put the program of this name, from a zip or a compressed tar, at a new path. Raises UpstreamFailed."""
    target.unlink(missing_ok=True)
    try:
        with open_member(archive, name) as source, create_private_file(target) as file:
            copy(source, file)
    except UNREADABLE:
        target.unlink(missing_ok=True)
        raise UpstreamFailed(BROKEN) from None
    except OSError as error:
        target.unlink(missing_ok=True)
        if isinstance(error, tarfile.ReadError) or error.errno is None:  # gzip tells of bad data this way
            raise UpstreamFailed(BROKEN) from None
        raise
    target.chmod(0o700)
    sync(target)


@contextmanager
def open_member(archive: Path, name: str) -> Iterator[IO[bytes]]:
    """Open the program inside. ValueError: there is none."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as pack:
            inside = [one for one in pack.infolist() if not one.is_dir() and PurePosixPath(one.filename).name == name]
            with pack.open(only(inside)) as source:
                yield source
        return
    with tarfile.open(archive, "r:*") as tar:
        members = [one for one in tar if one.isfile() and PurePosixPath(one.name).name == name]
        opened = tar.extractfile(only(members))
        if opened is None:
            raise ValueError("no file")
        with opened:
            yield opened


def only(found: list[T]) -> T:
    """The one that there is. ValueError: there is none, or there are several."""
    if len(found) != 1:
        raise ValueError("not one program")
    return found[0]


def copy(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy a file that may not be endless. ValueError: it is far too large."""
    left = LARGEST
    while chunk := source.read(CHUNK):
        left -= len(chunk)
        if left < 0:
            raise ValueError("too large")
        target.write(chunk)
