"""Zip files of strangers: checked before anything is read, and read without unpacking more than what is asked for."""

import stat
import struct
import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO

from server.core.errors import InvalidInput

MOST_FILES = 100_000  # of all zip files of a source together
MOST_INNER = 500  # zip files in zip files, of which each may stay open
LARGEST_DIRECTORY = 64 * 1024 * 1024  # bytes of the list of a zip's files
LARGEST_TEXT = 16 * 1024**3  # bytes of all JSON files together
HIGHEST_RATIO = 250  # of the sizes of a file before and after compression
HIGHEST_TOTAL = 100  # times the size of the source, which all files on every level have together
ALWAYS_FINE = 64 * 1024 * 1024  # bytes that may come out of any compression
ENTRY = b"PK\x01\x02"
END_OF_DIRECTORY = b"PK\x05\x06"
END_SIZE, LONGEST_COMMENT = 22, 65_535
LOCATOR, RECORD = b"PK\x06\x07", b"PK\x06\x06"  # of zip64, before the end
LOCATOR_SIZE, RECORD_SIZE = 20, 56
ENCRYPTED = 0x1
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # Python unpacks a chunk of the others whole, whatever comes out

NO_ZIP = "{name} is damaged, or no zip file. Download the export again."
TOO_MANY = f"{{name}} contains more than {MOST_FILES:,} files. No ChatGPT export does."
TOO_DEEP = f"{{name}} contains more than {MOST_INNER} zip files. No ChatGPT export does."
LOCKED = "{name} is encrypted. Unpack it with its password, and import the folder."
ESCAPES = "{name} contains a file with an unsafe path ({file}). No ChatGPT export does."
LINK = "{name} contains a link ({file}). Remove it, and import again."
BOMB = "{name} would become far larger when unpacked than any export is."
METHOD = "{name} is compressed in a way that Deskhand does not read. Unpack it, and import the folder."


class Totals:
    """Counts of all zip files of a source, on every level, against the size of the outermost ones."""

    def __init__(self) -> None:
        self.inner = 0
        self._files = self._texts = 0
        self._left = ALWAYS_FINE

    def allow(self, size: int) -> None:
        """Count an outermost file, by which more may be unpacked."""
        self._left += size * HIGHEST_TOTAL

    def add_inner(self, name: str) -> int:
        """Count a zip file in another one; return its number. Raises InvalidInput."""
        self.inner += 1
        if self.inner > MOST_INNER:
            raise InvalidInput(TOO_DEEP.format(name=name))
        return self.inner

    def add(self, entries: list[zipfile.ZipInfo], name: str) -> None:
        """Count what the entries of a zip file will be. Raises InvalidInput."""
        self._files += len(entries)
        if self._files > MOST_FILES:
            raise InvalidInput(TOO_MANY.format(name=name))
        self._left -= sum(entry.file_size for entry in entries)
        self._texts += sum(entry.file_size for entry in entries if entry.filename.lower().endswith(".json"))
        if self._left < 0 or self._texts > LARGEST_TEXT:
            raise InvalidInput(BOMB.format(name=name))


def open_zip(file: BinaryIO, name: str, totals: Totals) -> zipfile.ZipFile:
    """Open a zip file and check all its entries. Raises InvalidInput with a sentence."""
    check_directory(file, name)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
        raise InvalidInput(NO_ZIP.format(name=name)) from error
    check_entries(archive, file, name)
    totals.add(archive.infolist(), name)
    return archive


def check_directory(file: BinaryIO, name: str) -> None:
    """Count the entries before Python makes an object of each. Raises InvalidInput."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END_SIZE - LONGEST_COMMENT))
    tail = file.read()
    place = tail.rfind(END_OF_DIRECTORY)
    if place < 0 or len(tail) - place < END_SIZE:
        raise InvalidInput(NO_ZIP.format(name=name))
    end = size - len(tail) + place
    start, directory_size = find_directory(file, end, struct.unpack_from("<I", tail, place + 12)[0])
    start -= directory_size
    if start < 0:
        raise InvalidInput(NO_ZIP.format(name=name))
    if end - start > LARGEST_DIRECTORY:
        raise InvalidInput(TOO_MANY.format(name=name))
    if read_at(file, start, end - start).count(ENTRY) > MOST_FILES:
        raise InvalidInput(TOO_MANY.format(name=name))


def find_directory(file: BinaryIO, end: int, size: int) -> tuple[int, int]:
    """Find the end and the size of the list of files: of zip64, if it is one, from where Python takes it in any case."""
    locator = read_at(file, max(0, end - LOCATOR_SIZE), LOCATOR_SIZE)
    if not locator.startswith(LOCATOR) or end < LOCATOR_SIZE + RECORD_SIZE:
        return end, size
    last = end - LOCATOR_SIZE - RECORD_SIZE
    places = {last, min(last, struct.unpack_from("<Q", locator, 8)[0])}  # which of them counts depends on Python's version
    records = {place: read_at(file, place, RECORD_SIZE) for place in places}
    sizes = {place: struct.unpack_from("<Q", record, 40)[0] for place, record in records.items() if record.startswith(RECORD)}
    return min(sizes, default=end), max(sizes.values(), default=size)


def read_at(file: BinaryIO, place: int, size: int) -> bytes:
    """Read a part of a file."""
    file.seek(place)
    return file.read(size)


def check_entries(archive: zipfile.ZipFile, file: BinaryIO, name: str) -> None:
    """Check names, kinds and sizes of all entries. Raises InvalidInput."""
    packed = 0
    for entry in archive.infolist():
        if entry.flag_bits & ENCRYPTED:
            raise InvalidInput(LOCKED.format(name=name))
        if entry.compress_type not in METHODS:
            raise InvalidInput(METHOD.format(name=name))
        if is_unsafe(entry.filename):
            raise InvalidInput(ESCAPES.format(name=name, file=show(entry.filename)))
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InvalidInput(LINK.format(name=name, file=show(entry.filename)))
        if entry.file_size > ALWAYS_FINE and entry.file_size > entry.compress_size * HIGHEST_RATIO:
            raise InvalidInput(BOMB.format(name=name))
        packed += entry.compress_size
    if packed > file.seek(0, 2):  # entries that share their bytes are a bomb
        raise InvalidInput(BOMB.format(name=name))


def is_unsafe(filename: str) -> bool:
    """Return whether a path leads out of the folder that it would be unpacked in."""
    path = PurePosixPath(filename.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in filename[:3]


def show(filename: str) -> str:
    """Shorten a name for a sentence."""
    return "".join(character if character.isprintable() else "?" for character in filename[:80])
