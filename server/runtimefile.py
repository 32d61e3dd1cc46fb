"""The runtime file: how the command line finds a running server, and the key it opens the local surface with."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from server.storage.files import write_json

NAME = "runtime.json"


@dataclass(frozen=True)
class Running:
    """A running server. `port`: the public one, whatever the address. `key` opens the local surface; nothing prints it."""

    public: str
    port: int
    local: str
    pid: int
    key: str


@contextmanager
def written(data: Path, running: Running) -> Iterator[Path]:
    """Keep the runtime file (0600) there while the server runs."""
    path = data / NAME
    write_json(path, asdict(running))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def read(data: Path) -> Running | None:
    """Find the server that runs with this data. None: there is none (a file left by a killed one does not count)."""
    try:
        found = json.loads((data / NAME).read_text("utf-8"))
        running = Running(found["public"], int(found["port"]), found["local"], int(found["pid"]), found["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return running if is_alive(running.pid) else None


def is_alive(pid: int) -> bool:
    """Whether there is a process with this number."""
    from server.processes import identify

    return pid == os.getpid() or identify(pid) is not None
