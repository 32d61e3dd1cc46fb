"""The window: a web view in its own process, or the person's browser if there is no web view."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from desktop.relaunch import relaunch_command, relaunch_environment
from desktop.window.browser import has_screen, reach, show_in_browser
from server.core.command import format_command
from server.core.errors import Conflict, Unavailable
from server.system.files import create_private_file

log = logging.getLogger(__name__)
KINDS = ("file", "folder", "program")
SHOW_SECONDS = 15.0  # after which it is left alone to show itself
CLOSE_SECONDS = 4.0


@dataclass
class Window:
    """One window. Any thread may use it. `data`: where the server that it shows has its runtime file."""

    data: Path
    logs: Path
    title: str = "Deskhand"
    command: list[str] = field(default_factory=lambda: relaunch_command("--window"))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: "subprocess.Popen[str] | None" = None
    _in_browser: bool = False
    _choosing: threading.Lock = field(default_factory=threading.Lock)
    _choices: "SimpleQueue[str | None]" = field(default_factory=SimpleQueue)

    def show(self, page: str = "") -> None:
        """Show the window or bring it to the front, at `page` if given.

        Raises Unavailable if nothing can show it.
        """
        if not has_screen():
            raise Unavailable(f"There is no screen here. The command line does what the window does: {format_command('--help')}")
        with self._lock:
            if not (self._raise(page) or (not self._in_browser and self._open(page))):
                self._in_browser = True
                self._show_in_browser(page)

    def choose_file(self, kind: str = "file") -> Path | None:
        """Show the system's dialog in front of the window, and wait for the person. None if they cancel, or close the window.

        Raises Unavailable if the window is not open or is in the browser, and Conflict while another dialog is open.
        """
        if kind not in KINDS:  # it becomes a line for the window's process
            raise ValueError(kind)
        if not self._choosing.acquire(blocking=False):
            raise Conflict("A file is being chosen already. Look for the dialog behind the other windows.")
        try:
            with self._lock:
                self._choices = SimpleQueue()
                is_shown = self.is_open and self._say(f"choose {kind}")
            if not is_shown:
                raise Unavailable("There is no file dialog here. Drop the file into the window, or enter its path.")
            chosen = self._choices.get()
        finally:
            self._choosing.release()
        return Path(chosen) if chosen else None

    def close(self) -> None:
        """Close it, if it is open, and wait until its process has ended."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def is_open(self) -> bool:
        """Return whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def _raise(self, page: str) -> bool:
        if not self.is_open:
            return False
        return self._say(f"show #{page}" if page else "show")

    def _say(self, line: str) -> bool:
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
        except (OSError, ValueError):  # it has ended
            return False
        return True

    def _open(self, page: str) -> bool:
        """Start the process and wait until the window is visible. Returns False if the process ended before."""
        address, key = reach(self.data).create_entry_key()
        self._process = process = self._start()
        allow_to_front(process.pid)
        place = f"&page={page}" if page else ""
        seen = threading.Event()  # followed before anything is written, so that its pipes are closed however early it ends
        threading.Thread(target=follow, args=(process, seen, self._tell_choice), name="window", daemon=True).start()
        if not self._say(f"show {address}?key={key}{place}"):
            return False
        seen.wait(SHOW_SECONDS)
        return process.poll() is None or process.returncode == 0

    def _tell_choice(self, path: str | None) -> None:
        self._choices.put(path)

    def _start(self) -> "subprocess.Popen[str]":
        path = self.logs / "window.log"
        path.unlink(missing_ok=True)
        with create_private_file(path) as log_file:
            return subprocess.Popen(  # noqa: S603, our own command
                [*self.command, self.title],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                text=True,
                env=relaunch_environment(os.environ),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )

    def _show_in_browser(self, page: str) -> None:
        log.info("There is no web view here; the window is shown in the browser. %s says more.", self.logs / "window.log")
        if not show_in_browser(self.data, page):
            raise Unavailable(
                f"No browser could be opened for the window. The command line does the same: {format_command('--help')}"
            )


def follow(process: "subprocess.Popen[str]", seen: threading.Event, tell: Callable[[str | None], None]) -> None:
    """Set `seen` when the window is visible or its process has ended. `tell` gets the path of a chosen file."""
    with process:  # lets go of everything once it has ended
        for line in process.stdout or ():
            word, _, choice = line.strip().partition(" ")
            if word == "shown":
                seen.set()
            elif word == "chosen":
                tell(json.loads(choice))
        process.wait()
    tell(None)  # a dialog has ended with it
    seen.set()


def allow_to_front(pid: int) -> None:
    """Windows lets a process come to the front only if the foreground process permits it."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(pid)
