"""Three MCP servers behind one Deskhand, of which one is killed again and again; then Deskhand itself."""

import os
import subprocess
import threading
import time
import venv
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from server.integrations.tools.supervisor import Timing
from tests.checks.conftest import ROOT, Node, Process
from tests.checks.waiting import until
from tests.server.integrations.tools.gateway import describe_crm, write_config

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9")

CALLERS = 32
OLD_SDK = "mcp==1.30.0"
OLD_SERVER = Path(__file__).with_name("old_server.py")
START_SECONDS = 60  # of a server, on a busy machine
FEWEST_KILLS = 2
MEET_SECONDS = 120  # until a call meets a killed server
TOOLS = {"everything": "echo", "old": "repeat", "crm": "get_leads"}
CALLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "everything": ("/tools/echo", {"message": "hello"}, "hello"),
    "old": ("/tools/repeat", {"text": "hello"}, "hello"),
    "crm": ("/tools/get-leads", {"limit": 1}, "company"),
}


@pytest.fixture(scope="module")
def old_python() -> Path:
    """Python of an environment with the SDK 1.x."""
    folder = ROOT / ".venv-old-sdk"
    python = folder / "bin" / "python"
    if not list(folder.glob("lib/*/site-packages/mcp-*.dist-info")):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", OLD_SDK], check=True)
    return python


@dataclass
class Callers:
    """Calls of all servers by many callers at once. `lost`: answers of those that are not killed, other than 200."""

    url: str
    key: str
    killed: str
    over: threading.Event = field(default_factory=threading.Event)
    lost: list[str] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Calls that met a killed server."""
        return sum(number for (name, status), number in list(self.statuses.items()) if name == self.killed and status != 200)

    def call_in_turn(self, number: int) -> None:
        names = list(CALLS)
        with httpx2.Client(base_url=self.url, trust_env=False, timeout=60, headers={"X-API-Key": self.key}) as http:
            while not self.over.is_set():
                number += 1
                self.call(http, names[number % len(names)])

    def call(self, http: httpx2.Client, name: str) -> None:
        path, arguments, expected = CALLS[name]
        answer = http.post(path, json=arguments)
        self.statuses[name, answer.status_code] += 1
        if name == self.killed:
            assert answer.status_code in {200, 502, 503, 504}, answer.text
        elif answer.status_code != 200 or expected not in answer.text:
            self.lost.append(f"{name}: {answer.status_code} {answer.text}")


def find_view(server: Process, name: str) -> dict[str, Any]:
    views: list[dict[str, Any]] = server.person("GET", "/api/tools").json()["servers"]
    return next(view for view in views if view["id"] == name)


def kill_server(server: Process, word: str) -> None:
    """Kill the processes of an MCP server, but not their guard."""
    for child in psutil.Process(server.process.pid).children(recursive=True):
        line = child.cmdline()
        if "child_guard" not in " ".join(line) and any(word in part for part in line):
            child.kill()


def kill_and_wait(server: Process) -> float:
    """Kill one of the servers; return how long it took until it was back."""
    restarts, began = find_view(server, "old")["restarts"], time.monotonic()
    kill_server(server, OLD_SERVER.name)
    until(lambda: (view := find_view(server, "old"))["restarts"] > restarts and view["state"] == "ready", 60 + START_SECONDS)
    return time.monotonic() - began


def kill_again_and_again(server: Process, callers: Callers, seconds: float) -> list[float]:
    """Kill a server for some seconds, and until that was enough; return how long it took each time until it was back."""
    took, end = list[float](), time.monotonic() + seconds
    while (now := time.monotonic()) < end or (now < end + MEET_SECONDS and not (callers.failed and len(took) >= FEWEST_KILLS)):
        took.append(kill_and_wait(server))
    return took


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.timeout(600)
def test_other_servers_lose_no_call_and_nothing_is_left_of_a_killed_deskhand(
    start, node: Node, old_python: Path, long: bool
) -> None:
    server: Process = start()
    everything = {"command": str(node.programs / "node"), "args": [str(node.find_program("mcp-server-everything")), "stdio"]}
    old = {"command": str(old_python), "args": [str(OLD_SERVER)]}
    config = write_config(everything=everything, old=old, crm=describe_crm())
    added = server.person("POST", "/api/tools", json={"config": config}, timeout=90)
    assert added.status_code == 201, added.text
    for name, tool in TOOLS.items():
        marked = server.person("PUT", f"/api/tools/{name}/read-only", json={"tool": tool, "read_only": True})
        assert marked.status_code == 200, marked.text
    callers = Callers(server.own, server.make_client("caller", rate="none"), "old")
    with ThreadPoolExecutor(CALLERS) as pool:
        calling = [pool.submit(callers.call_in_turn, number) for number in range(CALLERS)]
        try:
            took = kill_again_and_again(server, callers, 60 if long else 5)
        finally:
            callers.over.set()
        for caller in calling:
            caller.result()
    assert not callers.lost
    assert all(callers.statuses[name, 200] for name in CALLS), callers.statuses
    assert callers.failed, "no call met a killed server"
    assert len(took) >= FEWEST_KILLS
    for number, seconds in enumerate(took):
        assert seconds < Timing.first_delay * 2 ** (number + 1) + START_SECONDS
    descendants = psutil.Process(server.process.pid).children(recursive=True)
    assert len(descendants) >= len(CALLS) * 2  # the guard of each, and the server
    server.kill()
    until(lambda: not any(map(is_alive, descendants)), START_SECONDS)
