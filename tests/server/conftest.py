"""A real server for tests: in a thread of its own, on real sockets, with a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from desktop.server_thread import BackgroundServer
from server.core.clock import Clock
from server.lifecycle import runtime_file
from server.lifecycle.program import Options, Program
from server.sdk.desktop import NoScreen
from tests import loopback
from tests.conftest import need


@dataclass
class Served:
    """A running server, as a client and as the person at the computer see it."""

    background: BackgroundServer
    public: str
    local: str
    data: Path
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """The public port, whatever the public address is."""
        return int(json.loads((self.data / runtime_file.NAME).read_text())["port"])

    def person(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Do what the command line does."""
        running = runtime_file.read(self.data)
        assert running
        headers = {"Authorization": f"Bearer {running.key}", **options.pop("headers", {})}
        return loopback.request(method, self.local + path, headers=headers, **options)

    def make_client(self, name: str = "script", **order: Any) -> str:
        """Make a client and answer its key."""
        made = self.person("POST", "/api/clients", json={"name": name, **order})
        assert made.status_code == 201, made.text
        self.keys[name] = made.json()["key"]
        return self.keys[name]

    def call(self, method: str, path: str, key: str | None = None, **options: Any) -> httpx2.Response:
        """Call the public surface with a key; with the first client's when none is given, with none when it is empty."""
        if key is None:
            key = next(iter(self.keys.values())) if self.keys else self.make_client()
        host = {"Host": httpx2.URL(self.public).netloc.decode()}
        headers = {**host, **({"Authorization": f"Bearer {key}"} if key else {}), **options.pop("headers", {})}
        return loopback.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers, **options)

    def activity(self, limit: int = 50) -> list[dict[str, Any]]:
        """Activity entries, newest first."""
        return self.person("GET", f"/api/activity?limit={limit}").json()


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start servers; each is stopped when the test ends. Options as server.lifecycle.program.Options has them."""
    started: list[BackgroundServer] = []

    def start(data: Path | None = None, **options: Any) -> Served:
        data = data or tmp_path / "data"
        screen = options.pop("screen", None) or NoScreen()
        clock = options.pop("clock", None) or Clock()
        background = BackgroundServer(Program(replace(Options(port=0, data_dir=data), **options), screen, clock))
        ready = background.start()
        started.append(background)
        return Served(background, ready.public, ready.local, data)

    yield start
    for background in started:
        assert background.stop(), "the server did not stop"


@pytest.fixture
def demo(serve: Serve) -> Served:
    """A server in demo mode."""
    return serve(demo=True)


@dataclass
class SmallDisk:
    """A disk of a few megabytes that can be filled."""

    folder: Path

    def fill(self) -> None:
        """Leave no room on it."""
        with (self.folder / "filling").open("ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        """Take away what filled it."""
        (self.folder / "filling").unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of its own, which only root may mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform == "linux" and os.geteuid() == 0:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False)
        need(mounted.returncode == 0, "a disk of its own", "let root mount a tmpfs")
    else:
        need(None, "a disk of its own", "run it as root, on Linux")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)
