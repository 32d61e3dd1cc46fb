"""Single instance per data directory: a second start shows the window of the first."""

import threading
import time
from pathlib import Path

from desktop.api_client import ApiClient, NoResponse
from server.core.errors import Unavailable
from server.lifecycle import runtime_file

STARTING_SECONDS = 20.0
POLL_SECONDS = 0.1
SHOWING_SECONDS = 40.0  # a busy computer needs time to show a window


def show_running_window(data: Path) -> bool:
    """Show the window of the running instance, or return False if none answers. Raises DeskhandError if it has no window."""
    running = runtime_file.read(data)
    if running is None:
        return False
    try:
        ApiClient(running, SHOWING_SECONDS).ask("POST", "/api/window")
    except NoResponse:
        return False
    return True


def wait_and_show_running_window(data: Path, seconds: float = STARTING_SECONDS) -> None:
    """Show the window of an instance that may still be starting. Raises DeskhandError after `seconds`."""
    waiting = threading.Event()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if show_running_window(data):
            return
        waiting.wait(POLL_SECONDS)
    raise Unavailable(f"Another Deskhand holds the data in {data} and does not answer. End it, and start this one again.")
