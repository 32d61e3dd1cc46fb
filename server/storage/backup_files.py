"""The files of the archive in a backup: one stream of records, so that neither their number nor their size needs memory.

A record is the SHA-256 of a file (32 bytes), its size (8 bytes, big-endian) and its content. It is read as untrusted input.
"""

import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from server.system.files import create_private_file, make_private_folder, open_plain_file

NAME = re.compile(r"[0-9a-f]{64}")
HEADER = struct.Struct(">32sQ")
CHUNK = 1 << 20


class MeasuredWriter:
    """Writes to a stream, and measures what was written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash, self.size = stream, hashlib.sha256(), 0

    @property
    def sha256(self) -> str:
        """The digest of everything so far."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Write a chunk."""
        self._stream.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)


class MeasuredReader:
    """Reads from a stream, and measures what was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash = stream, hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The digest of everything so far."""
        return self._hash.hexdigest()

    def read(self, size: int) -> bytes:
        """Read exactly so much, or less at the end only."""
        chunk = self._stream.read(size)
        self._hash.update(chunk)
        return chunk


def write_files(folder: Path, writer: MeasuredWriter) -> None:
    """Write all files of a folder. One that is removed meanwhile is left out."""
    for path in sorted(folder.glob("??/*")):
        if not NAME.fullmatch(path.name):
            continue
        try:
            file = open_plain_file(path, follow=False)
        except OSError:
            continue
        with file:
            size = file.seek(0, 2)
            file.seek(0)
            writer.write(HEADER.pack(bytes.fromhex(path.name), size))
            while chunk := file.read(CHUNK):
                writer.write(chunk)


def read_files(reader: MeasuredReader, folder: Path) -> Iterator[int]:
    """Write the files of a stream into a folder, each under its digest, and yield the bytes read.

    Raises ValueError for a file that has another digest than its record says, and for an incomplete record.
    """
    while header := reader.read(HEADER.size):
        digest, size = HEADER.unpack(header)
        path = folder / digest.hex()[:2] / digest.hex()
        make_private_folder(path.parent)
        path.unlink(missing_ok=True)  # a record may be repeated; its content cannot differ
        yield len(header)
        yield from write_file(reader, path, size, digest)


def write_file(reader: MeasuredReader, path: Path, size: int, digest: bytes) -> Iterator[int]:
    """Write one file, and check it."""
    actual, left = hashlib.sha256(), size
    with create_private_file(path) as file:
        while left and (chunk := reader.read(min(CHUNK, left))):
            actual.update(chunk)
            left -= file.write(chunk)
            yield len(chunk)
    if left or actual.digest() != digest:
        raise ValueError(f"{path.name} has other content")


def merge_files(prepared: Path, folder: Path) -> None:
    """Move files into a folder that has others. Safe to repeat after a kill."""
    for path in prepared.glob("??/*"):
        target = folder / path.parent.name / path.name
        make_private_folder(folder)
        make_private_folder(target.parent)
        path.replace(target)
