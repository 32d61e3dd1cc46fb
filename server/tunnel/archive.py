"""Extraction of one program from an untrusted archive, and of nothing else."""

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

MAX_SIZE = 200_000_000  # bytes of the program, and of all that lies in the archive with it
MAX_FILES = 100  # in the archive
CHUNK = 1 << 20
BROKEN = "What was downloaded is not ngrok's program, or it is broken. Try again."
UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError)


def unpack_program(archive: Path, name: str, target: Path) -> None:
    """Extract the program of this name from a zip or a compressed tar to a new path. Raises UpstreamFailed."""
    target.unlink(missing_ok=True)
    try:
        with open_member(archive, name) as source, create_private_file(target) as file:
            copy(source, file)
    except UNREADABLE:
        target.unlink(missing_ok=True)
        raise UpstreamFailed(BROKEN) from None
    except OSError as error:
        target.unlink(missing_ok=True)
        if isinstance(error, tarfile.ReadError) or error.errno is None:  # gzip reports bad data this way
            raise UpstreamFailed(BROKEN) from None
        raise
    target.chmod(0o700)
    sync(target)


@contextmanager
def open_member(archive: Path, name: str) -> Iterator[IO[bytes]]:
    """Open the program in the archive. Raises ValueError if there is not exactly one."""
    if zipfile.is_zipfile(archive):
        with archive.open("rb") as file, zipfile.ZipFile(limit(file)) as pack:
            member = single([info for info in pack.infolist() if not info.is_dir() and PurePosixPath(info.filename).name == name])
            if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:  # others are unpacked without a size limit
                raise ValueError("unusual compression")
            with pack.open(member) as source:
                yield source
        return
    with gzip.open(archive) as stream, tarfile.open(fileobj=limit(stream), mode="r:") as tar:
        members = [info for info in list_members(tar) if info.isfile() and PurePosixPath(info.name).name == name]
        opened = tar.extractfile(single(members))
        if opened is None:
            raise ValueError("no file")
        with opened:
            yield opened


def list_members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """List the members. Raises ValueError if there are too many."""
    for count, member in enumerate(tar):
        if count == MAX_FILES:
            raise ValueError("too many files")
        yield member


@dataclass
class LimitedFile:
    """File with a limit for each read and for the total position: an archive's own headers may claim any size."""

    file: IO[bytes]

    def read(self, size: int = -1) -> bytes:
        if size > CHUNK or self.file.tell() > MAX_SIZE:
            raise ValueError("too much")
        content = self.file.read(size if size >= 0 else CHUNK + 1)
        if len(content) > CHUNK:
            raise ValueError("too much")
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset > MAX_SIZE:
            raise ValueError("too far")
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self.file.close()


def limit(file: object) -> IO[bytes]:
    """Wrap a file."""
    return cast("IO[bytes]", LimitedFile(cast("IO[bytes]", file)))


def single(members: list[T]) -> T:
    """Return the only member. Raises ValueError if there is none, or more than one."""
    if len(members) != 1:
        raise ValueError("not one program")
    return members[0]


def copy(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy a file. Raises ValueError if it is too large."""
    left = MAX_SIZE
    while chunk := source.read(CHUNK):
        left -= len(chunk)
        if left < 0:
            raise ValueError("too large")
        target.write(chunk)
