"""Files of messages, each under the SHA-256 of its content in a folder beside the databases. Equal files are stored once.

Everything here blocks. A file has its name once it is complete, and nothing is flushed to the disk: a file whose size is not
that of its row was lost with the computer's power, and counts as absent until it is imported again.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from server.core.errors import TooLarge
from server.integrations.conversations.files.file_types import HEAD, detect_type
from server.storage.data_dir import ARCHIVE_FILES, Folders
from server.system.files import create_private_file, make_private_folder, not_stored

CHUNK = 1 << 20
LARGEST = 2 << 30  # bytes of one file
DIGEST = re.compile(r"[0-9a-f]{64}")
NEW = ".new"


@dataclass(frozen=True)
class StoredFile:
    """A file in the folder. `content_type`: as its content says, whatever its name."""

    sha256: str
    size: int
    content_type: str


class AssetFiles:
    """The folder of the files."""

    def __init__(self, folders: Folders) -> None:
        self.folder = folders.data / ARCHIVE_FILES

    def add(self, source: IO[bytes], largest: int = LARGEST) -> StoredFile:
        """Store what a stream has. Raises TooLarge, Unavailable if the disk is full, and the stream's own errors."""
        new = self.folder / f"{secrets.token_hex(16)}{NEW}"
        digest, size, head = hashlib.sha256(), 0, b""
        try:
            make_private_folder(self.folder)
            file = create_private_file(new)
        except OSError as error:
            raise not_stored(error, "an attachment") from error
        try:
            with file:
                while chunk := source.read(CHUNK):
                    size += len(chunk)
                    if size > largest:
                        raise TooLarge(f"An attachment is larger than {largest >> 20} MB.")
                    head = head or chunk[:HEAD]
                    digest.update(chunk)
                    write(file, chunk)
            self._name(new, digest.hexdigest(), size)
        finally:
            new.unlink(missing_ok=True)
        return StoredFile(digest.hexdigest(), size, detect_type(head))

    def _name(self, new: Path, sha256: str, size: int) -> None:
        path = self.place(sha256)
        try:
            if path.exists() and path.stat().st_size == size:
                path.touch()  # in use again, as `list_old` sees it
                return
            make_private_folder(path.parent)
            new.replace(path)
        except OSError as error:
            raise not_stored(error, "an attachment") from error

    def place(self, sha256: str) -> Path:
        """Return the path of a file, whether it is there or not. Raises ValueError for what is no SHA-256."""
        if not DIGEST.fullmatch(sha256):
            raise ValueError(sha256)
        return self.folder / sha256[:2] / sha256

    def find(self, sha256: str, size: int) -> Path | None:
        """Find a file; None if it is not there, or not complete."""
        if not DIGEST.fullmatch(sha256):
            return None
        path = self.place(sha256)
        try:
            return path if path.stat().st_size == size else None
        except OSError:
            return None

    def remove_old(self, digests: Iterable[str], seconds: float) -> None:
        """Remove files, except those that were stored again since so long ago: their rows may not be written yet."""
        before = time.time() - seconds
        for path in map(self.place, digests):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def list_old(self, seconds: float) -> Iterator[str]:
        """List the files that were stored so long ago; remove what a kill has left unfinished."""
        before = time.time() - seconds  # as the file system has it
        for new in self.folder.glob(f"*{NEW}"):
            if new.stat().st_mtime < before:
                new.unlink(missing_ok=True)
        for path in self.folder.glob("??/*"):
            if DIGEST.fullmatch(path.name) and path.stat().st_mtime < before:
                yield path.name


def write(file: IO[bytes], chunk: bytes) -> None:
    """Write to a file. Raises Unavailable if the disk is full."""
    try:
        file.write(chunk)
    except OSError as error:
        raise not_stored(error, "an attachment") from error
