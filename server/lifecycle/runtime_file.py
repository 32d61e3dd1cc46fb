"""The runtime file: how the command line finds a running server, and the key it opens the local surface with."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from server.storage.data_dir import is_held
from server.system.files import write_json

NAME = "runtime.json"


@dataclass(frozen=True)
class Running:
    """A running server. `port`: the public one, whatever the address. `key` opens the local surface; nothing prints it.

    `started`: when its process did, for a pid alone may be another process by tomorrow.
    """

    public: str
    port: int
    local: str
    pid: int
    key: str
    started: float


@contextmanager
def publish(data: Path, running: Running) -> Iterator[Path]:
    """Keep the runtime file (0600) there while the server runs."""
    path = data / NAME
    write_json(path, asdict(running))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def read(data: Path) -> Running | None:
    """Find the server that runs with this data. None: there is none.

    A file left by a killed one does not count: one that runs holds the lock of its folder, and is the process that it names.
    """
    try:
        content = json.loads((data / NAME).read_text("utf-8"))
        place = (str(content["public"]), int(content["port"]), str(content["local"]))
        running = Running(*place, int(content["pid"]), str(content["key"]), float(content["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return running if is_held(data) and is_alive(running) else None


def is_alive(running: Running) -> bool:
    """Check that the process of the runtime file still runs, by its pid and start time."""
    from server.system.processes import SAME_START, read_start

    started = read_start(running.pid)
    return started is not None and abs(started - running.started) <= SAME_START


def make(public: str, port: int, local: str, key: str) -> Running:
    """Describe the server that runs in this very process."""
    from server.system.processes import read_start

    return Running(public, port, local, os.getpid(), key, read_start(os.getpid()) or 0.0)


def forget(data: Path) -> bool:
    """Remove what a killed server has left, and tell whether there was one; the caller holds the lock of the folder."""
    try:
        (data / NAME).unlink()
    except FileNotFoundError:
        return False
    return True
