"""Waiting for a server that restarts by itself."""

import time

from server.lifecycle import runtime_file
from tests.server.conftest import Served


def wait_for_restart(served: Served, key: str) -> Served:
    """Wait until the server answers with its new key."""
    deadline = time.monotonic() + 60
    while True:
        running = runtime_file.read(served.data)
        if running and running.key != key:
            return Served(served.background, running.public, running.local, served.data)
        assert time.monotonic() < deadline
        time.sleep(0.05)
