"""A launcher on a list of its own, with a real database and real programs."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from server.core.clock import Clock
from server.core.events import Events
from server.integrations import apps
from server.integrations.apps.allow_list.file import AllowList, default_paths
from server.integrations.apps.models import Order
from server.integrations.apps.resolve.launch_spec import Machine
from server.integrations.apps.service import Launcher, Timing
from server.sdk.context import Context
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.migrations import migrate
from server.system.environment import clean, system_of

MIGRATIONS = Path(apps.__file__).parent / "migrations"
START, STOP = Order(app_name="recorder", action="start"), Order(app_name="recorder", action="stop")
RESTART = Order(app_name="recorder", action="restart")
QUICK = Timing(settle_seconds=0.3, appear_seconds=3, look_seconds=0.02)

# Writes down how it was started, and stays.
RECORDER = """
import json, os, sys, time
here = os.path.abspath(__file__)
told = {
    "argv": sys.argv[1:],
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "descriptors": {number: os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")
                    if os.path.exists(f"/proc/self/fd/{number}")},
    "session": os.getsid(0),
    "pid": os.getpid(),
}
with open(f"{here}.{os.getpid()}.new", "w") as file:
    json.dump(told, file)
os.rename(f"{here}.{os.getpid()}.new", f"{here}.{os.getpid()}.json")
"""
STAY = "\ntime.sleep(600)\n"
Scenario = Callable[[Launcher], Awaitable[Any]]


class Desk:
    """A folder with a list of apps and the programs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config"
        self.data = folder / "data"
        self.config.mkdir()
        self.data.mkdir()
        self.list = self.config / "app_config.json"
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.context: Context | None = None
        self.timing = QUICK
        self.own: list[subprocess.Popen[bytes]] = []

    def write(self, name: str, text: str = RECORDER + STAY) -> str:
        """Write a program and answer its path."""
        path = self.programs / name
        path.write_text(f"#!{sys.executable} -SE\n{text}")
        path.chmod(0o755)
        return str(path)

    def allow(self, **entries: dict[str, Any]) -> None:
        """Write the list."""
        self.list.write_text(json.dumps({"version": 2, "apps": entries}))

    def recorder(self, name: str = "recorder", **entry: Any) -> None:
        """Put one program that records how it was started on the list, under its name."""
        self.allow(**{name: entry_for(self.write(name), **entry)})

    def records(self, name: str = "recorder") -> list[dict[str, Any]]:
        """How that program was started, each time, the first first."""
        files = sorted(self.programs.glob(f"{name}.*.json"), key=lambda file: file.stat().st_mtime_ns)
        return [json.loads(file.read_text()) for file in files]

    def play(self, scenario: Scenario, environment: dict[str, str] | None = None) -> Any:
        """Run a scenario with a launcher from its start to its stop."""

        async def run() -> Any:
            migrate(self.data / "deskhand.db", [MIGRATIONS])
            database = Database(self.data / "deskhand.db")
            folders = Folders(self.data, self.config, self.data / "files", self.data / "logs")
            self.context = Context(folders, None, None, database, Events(), None, None, None, Clock())
            allow_list = AllowList(default_paths(self.config, self.data, Path("app_config.json")), self.context.clock.now)
            machine = Machine(system_of(), clean(environment or os.environ, system_of()))
            launcher = Launcher(self.context, allow_list, machine, self.timing)
            try:
                await launcher.open()
                answer = await scenario(launcher)
                await launcher.close()
            finally:
                await database.close()
            return answer

        return asyncio.run(run())

    def run(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a program as the person does."""
        own = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.own.append(own)
        return own

    def processes(self) -> list[psutil.Process]:
        """Everything that runs out of the folder of programs."""
        messages = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                ended = process.status() == psutil.STATUS_ZOMBIE
                if not ended and any(word.startswith(str(self.programs)) for word in process.cmdline()):
                    messages.append(process)
        return messages


def entry_for(path: str, **more: Any) -> dict[str, Any]:
    """An entry with a program at one path on every platform."""
    place = {"path": path}
    return {"platforms": {"windows": place, "macos": place, "linux": place}, **more}


async def eventually(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until something has happened; answer what the condition did."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)
    return value


async def start_and_wait(launcher: Launcher, desk: Desk, order: Order = START) -> Any:
    """Start the recorder, and wait until it has written down how."""
    outcome = await launcher.control(order)
    await eventually(desk.records)
    return outcome
