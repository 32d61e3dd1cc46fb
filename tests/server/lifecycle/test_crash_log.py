import asyncio
import subprocess
import sys
import threading

import pytest

from server.core.clock import Clock
from server.core.errors import Conflict
from server.lifecycle.crash_log import crash_reporting, find_end, put_aside, remember

SCRIPT = """
import asyncio, ctypes, os, pathlib, sys
from server.sdk.context import Clock
from server.lifecycle.crash_log import crash_reporting

async def main():
    with crash_reporting(pathlib.Path(sys.argv[1]), Clock()) as crashes:
        print(crashes.sentence, flush=True)
        {what}

asyncio.run(main())
"""


def live(root, folder, what):
    """Run a program that does this, and answer what it was told of the run before."""
    command = [sys.executable, "-c", SCRIPT.format(what=what), folder]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("raise ValueError('with dh_0123456789abcdef')", "ValueError: with •••"),
        ("ctypes.string_at(0)", "Segmentation fault"),
        ("os.abort()", "Aborted"),
    ],
)
def test_crash_is_recorded_and_reported_until_the_next_clean_exit(root, tmp_path, what, why) -> None:
    assert live(root, tmp_path, what) == "None"
    file = tmp_path / "crash.log"
    assert why in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "ended unexpectedly on" in live(root, tmp_path, "pass")
    assert why in (tmp_path / "crash.log.1").read_text()
    assert live(root, tmp_path, "pass") == "None"


@pytest.mark.parametrize("what", ["pass", "os.kill(os.getpid(), 9)", "sys.exit(3)"])
def test_requested_exit_is_no_crash(root, tmp_path, what) -> None:
    live(root, tmp_path, what)
    assert live(root, tmp_path, "pass") == "None"


async def test_crash_of_a_thread_is_recorded_despite_a_clean_exit(tmp_path) -> None:
    def fail():
        raise KeyError("in a thread")

    loop = asyncio.get_running_loop()
    with crash_reporting(tmp_path, Clock()):
        thread = threading.Thread(target=fail, name="tray")
        thread.start()
        thread.join()
        loop.call_exception_handler({"message": "in the loop", "exception": ValueError("nobody waits")})
    text = (tmp_path / "crash.log.1").read_text()
    assert "The thread tray ended" in text
    assert "KeyError: 'in a thread'" in text
    assert "nobody waits" in text
    assert find_end(tmp_path / "crash.log") is None


async def test_crash_of_the_main_thread_is_recorded_despite_a_clean_server_exit(tmp_path) -> None:
    with crash_reporting(tmp_path, Clock()):
        remember(Conflict("wanted"))
        assert (tmp_path / "crash.log").read_text() == ""
        remember(ValueError("in the tray"))
    assert "in the tray" in (tmp_path / "crash.log").read_text()
    assert find_end(tmp_path / "crash.log")
    remember(ValueError("when nobody keeps it"))


def test_exception_hooks_are_restored(tmp_path) -> None:
    before = sys.excepthook, threading.excepthook

    async def run() -> None:
        with crash_reporting(tmp_path, Clock()):
            assert (sys.excepthook, threading.excepthook) != before
            raise Conflict

    with pytest.raises(Conflict):
        asyncio.run(run())
    assert (sys.excepthook, threading.excepthook) == before
    assert list(tmp_path.iterdir()) == []


def test_number_of_crash_files_is_limited(tmp_path) -> None:
    file = tmp_path / "crash.log"
    for number in range(9):
        file.write_text(f"crash {number}")
        put_aside(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"crash.log.{number}" for number in range(1, 5)]
    assert (tmp_path / "crash.log.1").read_text() == "crash 8"


def test_crash_log_failure_does_not_stop_the_program(tmp_path) -> None:
    folder = tmp_path / "logs"
    folder.write_text("a file in its place")

    async def run() -> str | None:
        with crash_reporting(folder, Clock()) as crashes:
            crashes.note(ValueError("lost"), "nothing")
            return crashes.sentence

    assert asyncio.run(run()) is None
