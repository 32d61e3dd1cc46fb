import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from server.system import child_guard
from tests.running import identify

pytestmark = pytest.mark.skipif(not child_guard.is_available(), reason="Windows has job objects instead")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
TREE = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
null = subprocess.DEVNULL
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code], stdin=null)
other = subprocess.Popen([sys.executable, "-c", code], stdin=null, start_new_session=True)
print(os.getpid(), child.pid, other.pid, flush=True)
if "leave" in sys.argv: sys.exit(7)
time.sleep(600)
"""


class Guarded:
    """A guarded command, and the pipe that stands for Deskhand."""

    def __init__(self, *command: str) -> None:
        reading, self.lifeline = os.pipe()
        self.process = subprocess.Popen(
            child_guard.guarded_command(list(command), reading, 0.3),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(reading,),
            start_new_session=True,
        )
        os.close(reading)

    def release(self) -> None:
        with suppress(OSError):
            os.close(self.lifeline)


@pytest.fixture
def guard() -> Iterator[list[Guarded]]:
    started: list[Guarded] = []
    yield started
    for guarded in started:
        guarded.release()
        guarded.process.communicate(timeout=60)


def run(guard: list[Guarded], *command: str) -> Guarded:
    guard.append(Guarded(*command))
    return guard[-1]


def pids_of(guarded: Guarded) -> list[int]:
    assert guarded.process.stdout
    return [int(word) for word in guarded.process.stdout.readline().split()]


def wait_gone(pids: list[int], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while alive := [pid for pid in pids if identify(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.02)


def test_command_has_the_standard_streams_and_its_exit_status_is_passed_on(guard) -> None:
    guarded = run(guard, "/bin/sh", "-c", "read line; echo got $line; exit 5")
    output, _ = guarded.process.communicate(b"this\n", timeout=60)
    assert (output, guarded.process.returncode) == (b"got this\n", 5)


def test_missing_command_is_reported(guard) -> None:
    guarded = run(guard, "/nowhere/program")
    _, errors = guarded.process.communicate(timeout=60)
    assert (errors, guarded.process.returncode) == (b"/nowhere/program: No such file or directory\n", 127)


def test_everything_ends_when_deskhand_is_gone(guard) -> None:
    guarded = run(guard, sys.executable, "-c", TREE)
    pids = pids_of(guarded)
    guarded.release()
    wait_gone([*pids, guarded.process.pid])


@linux
def test_orphans_of_a_command_are_ended(guard) -> None:
    guarded = run(guard, sys.executable, "-c", TREE, "leave")
    pids = pids_of(guarded)
    wait_gone(pids)
    assert guarded.process.wait(60) == 7


@linux
def test_command_is_killed_with_its_guard(guard) -> None:
    guarded = run(guard, sys.executable, "-c", STUBBORN)
    assert guarded.process.stdout
    guarded.process.stdout.readline()
    (child,) = psutil.Process(guarded.process.pid).children()
    guarded.process.kill()
    wait_gone([child.pid])


def test_signals_of_a_terminal_do_not_end_the_guard_before_its_command(guard) -> None:
    guarded = run(guard, sys.executable, "-c", STUBBORN)
    assert guarded.process.stdout
    guarded.process.stdout.readline()
    guarded.process.terminate()
    guarded.release()
    assert guarded.process.wait(60) == 128


def test_frozen_program_guards_by_its_role(monkeypatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert child_guard.guarded_command(["cmd"], 3, 2.0) == [sys.executable, child_guard.FLAG, "3", "2.0", "cmd"]
    assert child_guard.FLAG in Path(child_guard.__file__).parents[2].joinpath("desktop/__main__.py").read_text()
