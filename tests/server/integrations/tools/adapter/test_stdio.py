import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from server.integrations.tools.adapter import stdio
from server.integrations.tools.adapter.session import open_session
from server.integrations.tools.log import UpstreamLog
from tests.conftest import ROOT
from tests.running import identify
from tests.server.integrations.tools.upstreams import HOSTILE, connect_command, connect_hostile, ignore_change, open_hostile

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the process trees that these tests start are written for POSIX")


def read_pids(path: Path) -> list[int]:
    return [int(word) for word in path.read_text().split()]


def wait_gone(pids: list[int], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while alive := [pid for pid in pids if identify(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def short_grace(monkeypatch) -> None:
    monkeypatch.setattr(stdio, "EXIT_SECONDS", 0.3)
    monkeypatch.setattr(stdio, "GRACE_SECONDS", 0.3)


async def test_stubborn_process_and_its_descendants_end_with_the_session(tmp_path) -> None:
    async with open_hostile("stubborn", str(tmp_path / "pids")) as session:
        await session.list_all()
        pids = read_pids(tmp_path / "pids")
        assert all(psutil.pid_exists(pid) for pid in pids)
    wait_gone(pids, 0.5)


@pytest.mark.parametrize("guarded", [True, False])
async def test_tree_of_shells_ends_with_the_session(tmp_path, monkeypatch, guarded: bool) -> None:
    """The tree of npx: a script that waits for a shell that waits for the server."""
    if not guarded:
        monkeypatch.setattr(stdio.child_guard, "is_available", lambda: False)
    command = f"exec 3>&1; sh -c '{sys.executable} {HOSTILE} stubborn {tmp_path / 'pids'}; true'; true"
    async with open_session(connect_command(["/bin/sh", "-c", command]), UpstreamLog(), ignore_change) as session:
        await session.list_all()
        pids = read_pids(tmp_path / "pids")
    wait_gone(pids[: 3 if guarded else 2], 10)
    if not guarded:
        os.kill(pids[2], signal.SIGKILL)


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
async def test_node_below_a_shell_ends_with_the_session(tmp_path) -> None:
    script = tmp_path / "server.js"
    script.write_text(
        textwrap.dedent(
            """
            const { spawn } = require("child_process");
            process.on("SIGTERM", () => {});
            const child = spawn(process.argv[2], process.argv.slice(3), { stdio: "inherit" });
            child.on("exit", () => setInterval(() => {}, 1000));
            setInterval(() => {}, 1000);
            """
        )
    )
    command = f"sh -c 'node {script} {sys.executable} {HOSTILE} stubborn {tmp_path / 'pids'}; true'; true"
    async with open_session(connect_command(["/bin/sh", "-c", command]), UpstreamLog(), ignore_change) as session:
        await session.list_all()
        pids = read_pids(tmp_path / "pids")
        node = psutil.Process(pids[0]).parent()
        assert node and node.name().startswith(("node", "MainThread"))
    wait_gone([*pids, node.pid])


HOLDER = """
import asyncio, sys
sys.path.insert(0, {root!r})
from server.integrations.tools.adapter.session import open_session
from server.integrations.tools.log import UpstreamLog
from tests.server.integrations.tools.upstreams import connect_hostile, ignore_change

async def main():
    async with open_session(connect_hostile("stubborn", sys.argv[1]), UpstreamLog(), ignore_change) as session:
        await session.list_all()
        print("ready", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_processes_end_when_deskhand_is_killed(tmp_path, number: signal.Signals) -> None:
    path = tmp_path / "pids"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(root=str(ROOT)), str(path)], stdout=subprocess.PIPE, cwd=ROOT
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"ready\n"
        pids = read_pids(path)
        holder.send_signal(number)
    wait_gone(pids)


async def test_process_gets_a_clean_environment(monkeypatch) -> None:
    monkeypatch.setenv("DESKHAND_API_KEY", "secret")
    monkeypatch.setenv("SOME_OTHER", "value")
    connection = connect_hostile("plain")
    assert not {"DESKHAND_API_KEY", "SOME_OTHER"} & connection.environment.keys()
    others = psutil.Process().children()  # of other tests, which are ending
    async with open_session(connection, UpstreamLog(), ignore_change):
        (guard,) = [child for child in psutil.Process().children() if child not in others]
        (server,) = guard.children()
        assert not {"DESKHAND_API_KEY", "SOME_OTHER"} & server.environ().keys()


def count_files() -> int:
    return psutil.Process().num_fds()


async def test_program_that_is_missing_leaves_no_open_pipe() -> None:
    before = count_files()
    for _ in range(3):
        with pytest.raises(Exception, match="“CRM”"):
            async with open_session(connect_command(["/nowhere/program"]), UpstreamLog(), ignore_change):
                pass
    assert count_files() <= before + 1


@pytest.mark.parametrize("kind", ["lines", "blanks", "log", "answers"])
async def test_flood_leaves_the_time_to_others(kind: str) -> None:
    """A server whose output nobody requested gets a share of the event loop, whose other work goes on."""
    async with open_hostile("flood", kind):
        begun, used = time.monotonic(), time.thread_time()
        while time.monotonic() - begun < 2:
            await asyncio.sleep(0.01)
        used = time.thread_time() - used
    assert used < 1.5
