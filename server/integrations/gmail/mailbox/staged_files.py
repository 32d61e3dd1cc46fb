"""Files from ChatGPT's links, kept for a while: the links die after five minutes, and what was approved is what goes out."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from server.integrations.gmail.mime.compose import File
from server.system.files import make_private_folder, replace_file

LARGEST_STAGE = 200_000_000  # bytes; beyond that the oldest go


@dataclass(frozen=True)
class Staging:
    """A folder of fetched files by their links. `minutes`: how long one is kept. Blocks: use it in a thread."""

    folder: Path
    now: Callable[[], datetime]
    minutes: Callable[[], float]

    def find(self, link: str) -> File | None:
        """Find what a link led to, if it is here still."""
        try:
            head, _, content = self._path(link).read_bytes().partition(b"\n")
            about = json.loads(head)
            if self._is_old(about["at"]):
                return None
            return File(about["name"], about["media_type"], content)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def list_missing(self, links: list[str]) -> list[str]:
        """List the links whose file is not here."""
        return [link for link in links if not self._holds(link)]

    def keep(self, link: str, file: File) -> None:
        """Keep what a link led to, and let go of what is old."""
        make_private_folder(self.folder)
        self.prune(room=len(file.content))
        head = json.dumps({"at": self.now().isoformat(), "name": file.name, "media_type": file.media_type})
        replace_file(self._path(link), head.encode() + b"\n" + file.content)

    def discard(self, links: list[str]) -> None:
        """Let go of what has been sent, as far as that is possible: the mail is out."""
        for link in links:
            with suppress(OSError):
                self._path(link).unlink()

    def prune(self, room: int = 0) -> None:
        """Let go of what is old, and of the oldest where it is too much."""
        left = 0
        with suppress(OSError):
            for path in sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True):
                left += path.stat().st_size
                if self._is_old_file(path) or left + room > LARGEST_STAGE:
                    path.unlink(missing_ok=True)

    def _holds(self, link: str) -> bool:
        try:
            return not self._is_old_file(self._path(link))
        except OSError:
            return False

    def _is_old_file(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                return self._is_old(json.loads(file.readline(10_000))["at"])
        except (ValueError, KeyError, TypeError):
            return True

    def _is_old(self, at: str) -> bool:
        return datetime.fromisoformat(at) + timedelta(minutes=self.minutes()) <= self.now()

    def _path(self, link: str) -> Path:
        return self.folder / hashlib.sha256(link.encode("utf-8", "replace")).hexdigest()
