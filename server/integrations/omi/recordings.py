"""Audio as WAV files of some minutes each. Its row holds a file's length; bytes beyond it are of an append that was cut short."""

import hashlib
import os
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.system.files import make_private_folder

HEADER_BYTES = 44
LONGEST_BYTES = 16_000 * 2 * 300  # five minutes at 16 kHz
SAMPLE_BYTES = 2
NAME = re.compile(r"[0-9T]{1,40}-[0-9a-f]{12}-\d{1,7}\.wav")  # a restored database may hold any other
RATES = range(1_000, 192_001)


@dataclass(frozen=True)
class Recordings:
    """Audio files in a folder."""

    folder: Path

    def append(self, name: str, rate: int, size: int, audio: bytes) -> None:
        """Append audio after the first `size` bytes of a file; it is on the disk when this returns. Blocks."""
        if not NAME.fullmatch(name):
            raise ValueError(name)
        make_private_folder(self.folder)
        path, length = self.folder / name, size + len(audio)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.truncate(HEADER_BYTES + size)
            file.write(struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16))
            file.write(struct.pack("<4sI", b"data", length))  # the header of one channel of 16 bits
            file.seek(HEADER_BYTES + size)
            file.write(audio)
            file.flush()
            os.fsync(file.fileno())

    def can_grow(self, name: str, size: int, length: int) -> bool:
        """Return whether a file has `size` bytes of audio, and room for `length` more. Blocks.

        A kill may come between its removal and that of its row.
        """
        path = self.folder / name
        if not NAME.fullmatch(name) or size + length > LONGEST_BYTES or not path.is_file():
            return False
        return path.stat().st_size >= HEADER_BYTES + size

    def remove(self, names: Iterable[str]) -> None:
        """Remove files that exist. Blocks."""
        for name in names:
            if NAME.fullmatch(name):
                (self.folder / name).unlink(missing_ok=True)


def make_name(uid: str, rate: int, now: datetime) -> str:
    """Make a file name. The uid is hashed, because two may differ by case alone."""
    owner = hashlib.sha256(uid.encode()).hexdigest()[:12]
    return f"{now.strftime('%Y%m%dT%H%M%S%f')}-{owner}-{rate}.wav"
