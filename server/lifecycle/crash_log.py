"""Crash log: unexpected ends of the program or of a part of it, with their tracebacks."""

import asyncio
import faulthandler
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from server.core.errors import DeskhandError
from server.core.redaction import redact
from server.system.files import PRIVATE_FILE

if TYPE_CHECKING:
    from server.core.clock import Clock  # the icon is there before the server is imported

CRASH_FILE = "crash.log"
OLDER = 4  # crash logs that are kept beside it
LARGEST = 1_000_000  # bytes; what fails again and again must not fill the disk
WANTED = (DeskhandError, asyncio.CancelledError, KeyboardInterrupt, SystemExit)  # ends that are no crash

log = logging.getLogger(__name__)


class Crashes:
    """Crash log of a run: a file that is empty without a crash, and removed at a clean end.

    `ended`: when the run before this one crashed; None if it did not.
    """

    def __init__(self, folder: Path, clock: "Clock") -> None:
        self._path, self._clock = folder / CRASH_FILE, clock
        self._fatal = False
        self._lock = threading.Lock()
        self._hooks = sys.excepthook, threading.excepthook
        self.ended = find_end(self._path)
        put_aside(self._path)
        self._file = open_private(self._path)
        self._dumps = self._file is not None and not faulthandler.is_enabled()

    @property
    def sentence(self) -> str | None:
        """Notice about the crash of the run before, if there was one."""
        if self.ended is None:
            return None
        return f"Deskhand ended unexpectedly on {self.ended.day} {self.ended:%B %Y at %H:%M}. “Open logs” shows why."

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Install hooks for uncaught errors: on the main thread, on others, in the event loop, and below Python."""
        sys.excepthook, threading.excepthook = self.end_with, self._hear_thread
        loop.set_exception_handler(self._hear_loop)
        if self._dumps and self._file:
            faulthandler.enable(self._file)

    def close(self) -> None:
        """End the run. The log stays where the next start finds it, if it was a crash that ended this one."""
        sys.excepthook, threading.excepthook = self._hooks
        if self._dumps:
            faulthandler.disable()
        with suppress(OSError):
            if self._file:
                self._file.close()
        if not self._fatal:
            put_aside(self._path)

    def end_with(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Record an error that ends the program; replaces sys.excepthook."""
        if not issubclass(kind, WANTED):
            self._fatal = True
            self.note(error.with_traceback(trace), "Deskhand ended")
            log.critical("Deskhand ended.", exc_info=error)

    def note(self, error: BaseException, what: str) -> None:
        """Write an error with its traceback."""
        lines = "".join(traceback.format_exception(error))
        with self._lock, suppress(OSError, ValueError):
            if self._file and self._file.tell() < LARGEST:
                self._file.write(f"{self._clock.now().isoformat(timespec='seconds')} {what}\n{redact(lines)}\n".encode())

    def _hear_thread(self, context: threading.ExceptHookArgs) -> None:
        if context.exc_value and not issubclass(context.exc_type, SystemExit):
            name = context.thread.name if context.thread else "unknown"
            self.note(context.exc_value, f"The thread {name} ended")
            log.error("The thread %s ended.", name, exc_info=context.exc_value)

    def _hear_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error and not isinstance(error, (*WANTED, OSError)):  # a connection that breaks is no crash
            self.note(error, str(context.get("message")))
        loop.default_exception_handler(context)


@contextmanager
def crash_reporting(folder: Path, clock: "Clock") -> Iterator[Crashes]:
    """Record crashes inside the `with`, on the event loop. An unexpected error that leaves it is one."""
    crashes = Crashes(folder, clock)
    crashes.install(asyncio.get_running_loop())
    try:
        yield crashes
    except WANTED:
        raise
    except BaseException as error:
        crashes.end_with(type(error), error, error.__traceback__)
        raise
    finally:
        crashes.close()


def remember(error: BaseException) -> None:
    """Record an error that ends the program on its main thread, while its crash log is open."""
    keeper = getattr(sys.excepthook, "__self__", None)
    if isinstance(keeper, Crashes):
        keeper.end_with(type(error), error, error.__traceback__)


def find_end(path: Path) -> datetime | None:
    """Say when the run before ended, if a crash was its end."""
    with suppress(OSError):
        status = path.stat()
        if status.st_size:
            return datetime.fromtimestamp(status.st_mtime).astimezone()
    return None


def put_aside(path: Path) -> None:
    """Keep a crash log under a number, the oldest goes; one that holds nothing goes at once."""
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()
            return
        for number in range(OLDER, 0, -1):
            source = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
            if source.exists():
                source.replace(path.with_name(f"{path.name}.{number}"))


def open_private(path: Path) -> IO[bytes] | None:
    """Open a file to write at its end, without a buffer, so that a crash finds it open; None where the disk refuses."""
    try:
        return open(path, "ab", buffering=0, opener=lambda name, flags: os.open(name, flags, PRIVATE_FILE))
    except OSError:
        return None
