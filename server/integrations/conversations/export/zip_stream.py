"""A zip file that is read while it is written, so that it needs neither the disk nor memory."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO

FIRST_YEAR, LAST_YEAR = 1980, 2107  # that a zip can say
LARGE = 1 << 30  # bytes from which an entry needs the larger format
MODE = 0o600 << 16


class Pipe(io.RawIOBase):
    """Bytes that were written and not taken yet."""

    def __init__(self) -> None:
        self._chunks = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._chunks += data
        return len(data)

    def take(self) -> bytes:
        """Take everything."""
        taken = bytes(self._chunks)
        self._chunks.clear()
        return taken

    def __len__(self) -> int:
        return len(self._chunks)


class ZipStream:
    """A zip file. Its methods compress, so they are called in a thread; one entry is open at a time."""

    def __init__(self) -> None:
        self.pipe = Pipe()
        self._zip = zipfile.ZipFile(self.pipe, "w", zipfile.ZIP_DEFLATED)
        self._open: IO[bytes] | None = None

    @contextmanager
    def entry(self, name: str, time: float | None, *, size: int = LARGE, packed: bool = False) -> Iterator[IO[bytes]]:
        """Write an entry. `size`: at most so many bytes. `packed`: it is compressed already."""
        info = zipfile.ZipInfo(name, to_date(time))
        info.external_attr = MODE
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        with self._zip.open(info, "w", force_zip64=size >= LARGE) as stream:
            self._open = stream
            yield stream

    def close(self) -> None:
        """Write the directory, which ends the file; also in the middle of an entry, if nobody wants the rest."""
        if self._open:
            self._open.close()
        self._zip.close()


def to_date(time: float | None) -> tuple[int, int, int, int, int, int]:
    """Convert a time into what a zip has, in UTC."""
    try:
        moment = datetime.fromtimestamp(time or 0, UTC)
    except (OverflowError, ValueError, OSError):
        moment = datetime.fromtimestamp(0, UTC)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return FIRST_YEAR, 1, 1, 0, 0, 0
    return moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
