"""One Deskhand per person and folder: a second start shows the window of the first."""

import threading
import time
from pathlib import Path

from desktop.api_client import Local, Unanswered
from server.core.errors import Unavailable
from server.lifecycle import runtime_file

STARTING_SECONDS = 20.0
LOOK_EVERY = 0.1
SHOWING_SECONDS = 40.0  # a window takes its time where a computer is busy


def hand_over(data: Path) -> bool:
    """Have the one that runs show its window. False: none runs, or none answers. Raises DeskhandError when it cannot do it."""
    running = runtime_file.read(data)
    if running is None:
        return False
    try:
        Local(running, SHOWING_SECONDS).ask("POST", "/api/window")
    except Unanswered:
        return False
    return True


def wait_and_hand_over(data: Path, seconds: float = STARTING_SECONDS) -> None:
    """The same for one that holds the folder and may still be starting. Raises DeskhandError when it does not do it."""
    waiting = threading.Event()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if hand_over(data):
            return
        waiting.wait(LOOK_EVERY)
    raise Unavailable(f"Another Deskhand holds the data in {data} and does not answer. End it, and start this one again.")
