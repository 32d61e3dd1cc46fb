"""Finds who holds a port, as far as this person may know. It blocks."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from server.system.processes import GONE, every_process, real


@dataclass(frozen=True)
class Holder:
    """Who listens on a port. `deskhand`: it is another Deskhand."""

    pid: int
    name: str
    deskhand: bool = False


def who_listens(port: int) -> Holder | None:
    """Find who listens on a TCP port, as far as this person may know."""
    for pid, listening in every_listener():
        if listening == port:
            with suppress(*GONE):
                found = psutil.Process(pid)
                return Holder(pid, found.name(), deskhand=is_deskhand(found))
    return None


def every_listener() -> Iterator[tuple[int, int]]:
    """List pids and the ports they listen on. macOS tells only root of all at once, so there everybody is asked."""
    with suppress(*GONE):
        yield from listeners((one.pid, one) for one in psutil.net_connections("tcp"))
        return
    for process in every_process():
        with suppress(*GONE):
            yield from listeners((process.pid, one) for one in process.net_connections("tcp"))


def listeners(connections: Iterable[tuple[int | None, Any]]) -> Iterator[tuple[int, int]]:
    for pid, one in connections:
        if pid and one.status == psutil.CONN_LISTEN:
            yield pid, one.laddr.port


def is_deskhand(process: psutil.Process) -> bool:
    """Tell whether a process is a Deskhand, by the file or the module that it runs."""
    words = process.cmdline()
    if any(Path(word).stem.lower() == "deskhand" for word in words[:3]):
        return True
    return real(process.exe()) == real(sys.executable) and any(f"-m {name}" in " ".join(words) for name in ("desktop", "server"))
