"""Owner of a TCP port, if this person may see it. Everything blocks."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from server.system.processes import GONE, every_process, real


@dataclass(frozen=True)
class PortOwner:
    """Process that listens on a port. `deskhand`: it is another Deskhand."""

    pid: int
    name: str
    deskhand: bool = False


def find_port_owner(port: int) -> PortOwner | None:
    """Find the process that listens on a TCP port."""
    for pid, listening in every_listener():
        if listening == port:
            with suppress(*GONE):
                process = psutil.Process(pid)
                return PortOwner(pid, process.name(), deskhand=is_deskhand(process))
    return None


def every_listener() -> Iterator[tuple[int, int]]:
    """List pids and the ports they listen on. On macOS only root sees all at once, so each process is queried."""
    with suppress(*GONE):
        yield from filter_listeners((connection.pid, connection) for connection in psutil.net_connections("tcp"))
        return
    for process in every_process():
        with suppress(*GONE):
            yield from filter_listeners((process.pid, connection) for connection in process.net_connections("tcp"))


def filter_listeners(connections: Iterable[tuple[int | None, Any]]) -> Iterator[tuple[int, int]]:
    for pid, connection in connections:
        if pid and connection.status == psutil.CONN_LISTEN:
            yield pid, connection.laddr.port


def is_deskhand(process: psutil.Process) -> bool:
    """Return whether a process runs Deskhand, by its file or module."""
    words = process.cmdline()
    if any(Path(word).stem.lower() == "deskhand" for word in words[:3]):
        return True
    return real(process.exe()) == real(sys.executable) and any(f"-m {name}" in " ".join(words) for name in ("desktop", "server"))
