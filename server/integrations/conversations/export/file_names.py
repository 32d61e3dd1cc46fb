"""Names of the files of an export: safe on every system, and each only once, also where case does not matter."""

import unicodedata
from datetime import UTC, datetime
from pathlib import PurePosixPath

from server.core.file_names import clean_name

SEPARATORS = str.maketrans("/\\", "--")  # only what follows the last one would remain
UNTITLED = "Untitled"


class FileNames:
    """The names that are taken."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def add(self, name: str) -> str:
        """Take a name, with a number if it is taken."""
        path = PurePosixPath(name)
        number = self._taken.get(fold(name), 0)
        candidate = name
        while fold(candidate) in self._taken:
            number += 1
            candidate = str(path.with_name(f"{path.stem} ({number + 1}){path.suffix}"))
        self._taken[fold(name)] = number
        self._taken.setdefault(fold(candidate), 0)
        return candidate


def fold(name: str) -> str:
    """Make equal what a file system may take for the same name."""
    return unicodedata.normalize("NFC", name).casefold()


def name_chat(title: str, time: float | None, suffix: str) -> str:
    """Make the name of a conversation's file, of its date and title."""
    return f"{format_date(time)}{clean_name(title.translate(SEPARATORS)).removesuffix(suffix) or UNTITLED}{suffix}"


def format_date(time: float | None) -> str:
    """Write a date before a title; nothing if there is none."""
    try:
        return "" if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d} "
    except (OverflowError, ValueError, OSError):
        return ""
