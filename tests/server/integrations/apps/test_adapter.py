import os
import subprocess
import sys
import threading

import pytest

from server.core.errors import Conflict
from server.integrations.apps import adapter
from server.integrations.apps.resolve.launch_spec import LaunchSpec, Machine
from server.system.processes import Ended, Pattern, Process
from tests.running import identify

WINDOWS = Machine("windows", {"SystemRoot": "C:\\Windows"})
MACOS = Machine("macos", {})
LINUX = Machine("linux", {"PATH": "/usr/bin:/bin"})


def launch_spec(folder="/", **more):
    return LaunchSpec("executable", "/bin/sleep", (), Pattern(), str(folder), {"PATH": "/usr/bin:/bin"}, **more)


def test_windows_programs_are_detached_and_get_no_descriptor():
    options = adapter.launch_options("windows")
    assert options == {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "close_fds": True,
        "creationflags": 0x208,
    }


@pytest.mark.parametrize("system", ["linux", "macos"])
def test_other_programs_get_their_own_session(system):
    options = adapter.launch_options(system)
    assert options["start_new_session"]
    assert "creationflags" not in options


def test_windows_closes_the_windows_of_a_process_tree():
    command = adapter.asking_command(launch_spec(), WINDOWS, Process(77, 0))
    assert command == ("C:\\Windows\\System32\\taskkill.exe", "/PID", "77", "/T")


def test_macos_quits_a_bundle():
    command = adapter.asking_command(launch_spec(bundle="com.apple.TextEdit"), MACOS, Process(77, 0))
    assert command == ("/usr/bin/osascript", "-e", 'quit app id "com.apple.TextEdit"')


def test_sigterm_asks_elsewhere():
    for machine, spec in ((LINUX, launch_spec()), (MACOS, launch_spec()), (MACOS, None)):
        assert adapter.asking_command(spec, machine, Process(77, 0)) is None


def test_program_is_started_watched_and_reaped():
    ends, heard = [], threading.Event()

    def on_end(end):
        ends.append(end)
        heard.set()

    process = adapter.launch(("/bin/sh", "-c", "exit 7"), launch_spec(), "linux", on_end)
    assert heard.wait(60)
    assert ends == [adapter.End(process, 7)]
    with pytest.raises(ChildProcessError):
        os.waitpid(process.pid, 0)


def test_failed_start_is_reported_without_a_path(tmp_path):
    for command, folder in ((str(tmp_path / "gone"), "/"), ("/bin/sleep", tmp_path / "gone")):
        with pytest.raises(Conflict) as caught:
            adapter.launch((command,), launch_spec(folder), "linux", lambda end: None)
        assert str(tmp_path) not in caught.value.detail


def test_program_is_asked_to_quit_and_ends():
    process = adapter.launch(("/bin/sleep", "600"), launch_spec(), "linux", lambda end: None)
    assert adapter.end(process, launch_spec(), LINUX, 20) == Ended()
    assert identify(process.pid) is None


def test_program_is_killed_if_the_system_cannot_ask_it_to_quit():
    process = adapter.launch(("/bin/sleep", "600"), launch_spec(), "linux", lambda end: None)
    assert adapter.end(process, launch_spec(bundle="org.example.none"), MACOS, 0.05) == Ended(killed=1)


@pytest.mark.skipif(sys.platform == "win32", reason="there it is done")
def test_library_path_is_unchanged_elsewhere(monkeypatch):
    monkeypatch.setattr(sys, "_MEIPASS", "/frozen", raising=False)
    process = adapter.launch(("/bin/sleep", "0"), launch_spec(), "linux", lambda end: None)
    assert process.pid
