"""The log: sentences on stderr and in files, without secrets and without query strings."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from server.core.invisible import make_visible
from server.core.redaction import redact

LOG_FILE = "deskhand.log"
LARGEST = 1_000_000  # bytes of one file
OLDER = 4  # files that are kept beside it
OURS = ("server", "desktop")
FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Redaction(logging.Filter):
    """Filter that removes keys and tokens from each line, tracebacks included, and makes control characters visible."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = make_visible(redact(read_message(record)), lines=True), None
        if record.exc_info and not record.exc_text:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text = make_visible(redact(trace), lines=True)
        return True


class OwnRecords(logging.Filter):
    """Filter that drops records of libraries below WARNING."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or record.name.partition(".")[0] in OURS


def read_message(record: logging.LogRecord) -> str:
    """Put a line together; one whose arguments do not fit its words is no reason to lose it."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001, an argument may refuse to be written in any way
        return str(record.msg)


class LogFile(RotatingFileHandler):
    """Rotating log file, readable by its owner only. A failure to write is reported once, and the program goes on.

    `problem`: a sentence, as long as nothing can be written.
    """

    def __init__(self, path: Path, largest: int = LARGEST, older: int = OLDER) -> None:
        super().__init__(path, maxBytes=largest, backupCount=older, encoding="utf-8", errors="backslashreplace", delay=True)
        self.problem: str | None = None
        self.setFormatter(logging.Formatter(FORM))
        self.addFilter(OwnRecords())
        self.addFilter(Redaction())

    def _open(self) -> TextIOWrapper:
        private = lambda path, flags: os.open(path, flags, 0o600)  # noqa: E731, open() wants one
        return open(self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=private)

    def emit(self, record: logging.LogRecord) -> None:
        before, self._failed = self.problem, False
        super().emit(record)
        if before and not self._failed:
            self.problem = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, as the parent calls it
        del record
        self._failed = True
        error = sys.exc_info()[1]
        self._drop()
        if self.problem is None:
            why = getattr(error, "strerror", None) or error
            self.problem = f"The log can't be written ({why}). Deskhand keeps running without it."
            if sys.stderr:
                with suppress(OSError, ValueError):
                    print(self.problem, file=sys.stderr)  # noqa: T201, the log cannot tell it

    def _drop(self) -> None:
        """Let go of the file; what could not be written is lost, and the next line tries again."""
        stream, self.stream = self.stream, None
        if stream:
            with suppress(OSError, ValueError):
                stream.close()

    def close(self) -> None:
        self._drop()
        super().close()


def configure(*, verbose: bool = False) -> None:
    """Send the log to stderr: warnings, or everything. A program without a console has none."""
    logging.raiseExceptions = bool(os.environ.get("DESKHAND_DEBUG"))  # a console that has gone is no reason to write on it
    level = logging.DEBUG if os.environ.get("DESKHAND_DEBUG") else logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler() if sys.stderr else logging.NullHandler()
    handler.setFormatter(logging.Formatter(FORM))
    handler.addFilter(Redaction())
    handler.setLevel(level)
    logging.basicConfig(level=level, handlers=[handler], force=True)


@contextmanager
def file_logging(folder: Path) -> Iterator[LogFile]:
    """Keep the log in a folder as well, from INFO on, inside the `with`."""
    root, handler = logging.getLogger(), LogFile(folder / LOG_FILE)
    before = root.level
    handler.setLevel(logging.INFO)
    root.setLevel(min(before, logging.INFO))
    root.addHandler(handler)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()
