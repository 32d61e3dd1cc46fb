"""Helpers for tests of the tunnel: short durations, and waiting for a state."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from server.tunnel.backoff import Timing
from tests.server.conftest import Served

QUICK = Timing(open=20, check=0.3, first_delay=0.05, longest_delay=0.2, max_restarts=3)
IMPATIENT = Timing(open=1.5, check=0.3, first_delay=0.05, longest_delay=0.1, max_restarts=2)


def read(served: Served) -> dict[str, Any]:
    return served.person("GET", "/api/tunnel").json()


def until(
    served: Served, state: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True, seconds: float = 60
) -> dict[str, Any]:
    """Wait until the tunnel is so."""
    deadline = time.monotonic() + seconds
    while (tunnel := read(served))["state"] != state or not fits(tunnel):
        assert time.monotonic() < deadline, tunnel
        time.sleep(0.02)
    return tunnel


def open_tunnel(served: Served) -> str:
    """Open it and answer its address."""
    answer = served.person("POST", "/api/tunnel/open")
    assert answer.status_code == 200, answer.text
    return str(until(served, "open")["address"])


def agents(data: Path) -> list[psutil.Process]:
    """The agents that run with this data."""
    return [process for process in psutil.process_iter() if str(data / "tunnel" / "ngrok.yml") in words(process)]


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
    except psutil.Error:
        return []
