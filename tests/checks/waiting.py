"""Waiting for what happens by itself, with an end."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.checks.attacker import Attacker

T = TypeVar("T")
PAUSE = threading.Event()


def until(look: Callable[[], T], seconds: float = 60) -> T:
    """Look until there is something."""
    end = time.monotonic() + seconds
    while not (result := look()):
        assert time.monotonic() < end, "It did not happen."
        PAUSE.wait(0.02)
    return result


def settle(client: Attacker, approval_id: str) -> dict[str, Any]:
    """Wait until a call is decided and has run."""
    return until(lambda: status if (status := client.look(approval_id)).get("status") not in {"pending", "running"} else {})


def free_port() -> int:
    """A port of this computer that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
