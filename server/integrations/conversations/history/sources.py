"""Sources of an import: a file, a folder or a zip file, with zip files in it, all seen as one list of files."""

import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from server.core.errors import InvalidInput, NotFound, Unavailable
from server.integrations.conversations.history.archives import BOMB, LINK, MOST_FILES, NO_ZIP, TOO_MANY, Totals, open_zip, show

SPARE = 256 * 1024 * 1024  # bytes of disk that stay free
COPY_SIZE = 1024 * 1024
LOCAL_HEADER = 30  # bytes, then the name and the extra field
ABSENT = "There is no file or folder at {path}."
NOT_READABLE = "{path} cannot be read ({reason})."
DISK_FULL = "The disk has too little room to unpack {name}. Make room, or unpack it elsewhere and import the folder."
PRIVATE_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the source. `name`: its path within, with `/`."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]

    @property
    def base(self) -> str:
        """The name without folders."""
        return self.name.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Opened:
    """State of an opened source: the folder for what is unpacked, the stack that closes all, and the counts of its zip files."""

    scratch: Path
    stack: ExitStack
    totals: Totals = field(default_factory=Totals)


class Slice:
    """A part of a file as a file of its own, for a zip file that is stored in another one as it is."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data

    def close(self) -> None:
        """Leave the file open, which others read too."""


@contextmanager
def open_source(path: Path, scratch: Path) -> Iterator[list[Member]]:
    """List the files of a source. `scratch`: for zip files in zip files. Raises NotFound, InvalidInput, Unavailable."""
    try:
        with ExitStack() as stack:
            yield sorted(list_members(path, Opened(scratch, stack)), key=lambda member: member.name)
    except BadZipFile as error:
        raise InvalidInput(NO_ZIP.format(name=path.name)) from error
    except OSError as error:
        raise Unavailable(NOT_READABLE.format(path=path.name, reason=error.strerror or error)) from error


def list_members(path: Path, opened: Opened) -> list[Member]:
    """List the files of a path."""
    try:
        mode = path.stat().st_mode
    except OSError:
        raise NotFound(ABSENT.format(path=path)) from None
    if stat.S_ISDIR(mode):
        return list_folder(path, opened)
    if not stat.S_ISREG(mode):
        raise InvalidInput(ABSENT.format(path=path))
    return list_file(path, path.name, opened)


def list_file(path: Path, name: str, opened: Opened) -> list[Member]:
    """List a file, or what is in it if it is a zip file."""
    if not is_zip(path):
        return [Member(name, path.stat().st_size, lambda: path.open("rb"))]
    file = opened.stack.enter_context(path.open("rb"))
    opened.totals.allow(path.stat().st_size)
    return list_zip(file, "", decode_name(path.name), opened)


def is_zip(path: Path) -> bool:
    """Return whether a file is a zip file, by its first bytes or its name."""
    with path.open("rb") as file:
        return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"} or path.suffix.lower() == ".zip"


def list_folder(folder: Path, opened: Opened) -> list[Member]:
    """List the files in a folder and the folders in it. Raises InvalidInput for links, whose targets nobody chose."""
    members: list[Member] = []
    waiting = [folder]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            name = decode_name(path.relative_to(folder).as_posix())
            if path.is_symlink():
                raise InvalidInput(LINK.format(name=folder.name, file=name))
            if path.is_dir():
                waiting.append(path)
            elif path.is_file() and not is_clutter(name):
                members += list_file(path, name, opened) if path.suffix.lower() == ".zip" else [member_of(path, name)]
            if len(members) > MOST_FILES:
                raise InvalidInput(TOO_MANY.format(name=folder.name))
    return members


def decode_name(name: str) -> str:
    """Write the bytes of a name that are no text as their numbers, so that it can be stored."""
    return name.encode("utf-8", "backslashreplace").decode()


def member_of(path: Path, name: str) -> Member:
    """Make the member of a file in a folder."""
    return Member(name, path.stat().st_size, lambda: path.open("rb"))


def is_clutter(name: str) -> bool:
    """Return whether a file is the system's own, such as those that macOS adds."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith("._")


def list_zip(file: BinaryIO, prefix: str, name: str, opened: Opened) -> list[Member]:
    """List the files in a zip file, and in the zip files in it; those within these stay closed."""
    archive = opened.stack.enter_context(open_zip(file, name, opened.totals))
    members: list[Member] = []
    for entry in archive.infolist():
        if entry.is_dir() or is_clutter(entry.filename):
            continue
        inner = f"{prefix}{entry.filename.replace(chr(92), '/')}"
        if entry.filename.lower().endswith(".zip") and not prefix:
            members += list_zip(open_inner(archive, entry, file, opened), f"{inner}/", show(entry.filename), opened)
        else:
            members.append(Member(inner, entry.file_size, partial(archive.open, entry)))
        if len(members) > MOST_FILES:
            raise InvalidInput(TOO_MANY.format(name=name))
    return members


def open_inner(archive: ZipFile, entry: ZipInfo, file: BinaryIO, opened: Opened) -> BinaryIO:
    """Open a zip file in a zip file: in its place if it is stored as it is, else unpacked. Raises InvalidInput, Unavailable."""
    number = opened.totals.add_inner(show(entry.filename))
    if entry.compress_type == ZIP_STORED:
        archive.open(entry).close()  # checks the local header
        file.seek(entry.header_offset)
        header = file.read(LOCAL_HEADER)
        start = (
            entry.header_offset + LOCAL_HEADER + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        )
        return Slice(file, start, entry.file_size)  # type: ignore[return-value]
    opened.scratch.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    if shutil.disk_usage(opened.scratch).free < entry.file_size + SPARE:
        raise Unavailable(DISK_FULL.format(name=show(entry.filename)))
    path = opened.scratch / f"part-{number}.zip"
    with archive.open(entry) as source, path.open("wb") as target:
        copy(source, target, entry)
    return opened.stack.enter_context(path.open("rb"))


def copy(source: IO[bytes], target: IO[bytes], entry: ZipInfo) -> None:
    """Copy what is unpacked, no more than the zip file says that it will be. Raises InvalidInput."""
    left = entry.file_size
    while chunk := source.read(COPY_SIZE):
        left -= len(chunk)
        if left < 0:
            raise InvalidInput(BOMB.format(name=show(entry.filename)))
        target.write(chunk)
