"""Takes the one program out of an archive that came from the internet: nothing else, and nowhere else."""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar, cast

from server.core.errors import UpstreamFailed
from server.system.files import create_private_file, sync

T = TypeVar("T")

LARGEST = 200_000_000  # bytes of the program, and of all that lies in the archive with it
MOST_FILES = 100  # in the archive
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
        with archive.open("rb") as file, zipfile.ZipFile(bound(file)) as pack:
            found = only([one for one in pack.infolist() if not one.is_dir() and PurePosixPath(one.filename).name == name])
            if found.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:  # the others are unpacked without a limit
                raise ValueError("packed in an unusual way")
            with pack.open(found) as source:
                yield source
        return
    with gzip.open(archive) as stream, tarfile.open(fileobj=bound(stream), mode="r:") as tar:
        members = [one for one in take(tar) if one.isfile() and PurePosixPath(one.name).name == name]
        opened = tar.extractfile(only(members))
        if opened is None:
            raise ValueError("no file")
        with opened:
            yield opened


def take(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """What lies inside. ValueError: far too much."""
    for count, member in enumerate(tar):
        if count == MOST_FILES:
            raise ValueError("too many files")
        yield member


@dataclass
class Bounded:
    """A file of which nobody takes much at once, nor goes far: what describes an archive's files may claim any size."""

    file: IO[bytes]

    def read(self, size: int = -1) -> bytes:
        if size > CHUNK or self.file.tell() > LARGEST:
            raise ValueError("too much")
        content = self.file.read(size if size >= 0 else CHUNK + 1)
        if len(content) > CHUNK:
            raise ValueError("too much")
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset > LARGEST:
            raise ValueError("too far")
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self.file.close()


def bound(file: object) -> IO[bytes]:
    """A file of which little is taken."""
    return cast("IO[bytes]", Bounded(cast("IO[bytes]", file)))


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
