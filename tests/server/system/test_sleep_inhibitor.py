import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from server.system.sleep_inhibitor import SleepInhibitor
from tests.conftest import need

RECORDER = Path(__file__).with_name("inhibitions.py")


class Session:
    """A session bus of its own, with a power manager on it that says what it is asked."""

    def __init__(self, address: str, recorder: subprocess.Popen) -> None:
        self.address, self._recorder = address, recorder

    def read(self) -> dict:
        """Read the next request to the power manager."""
        return json.loads(self._recorder.stdout.readline())


@pytest.fixture
def bus(monkeypatch):
    need(sys.platform == "linux" and shutil.which("dbus-daemon"), "a D-Bus daemon", "apt-get install dbus")
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"], stdout=subprocess.PIPE, text=True
    )
    address = daemon.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    monkeypatch.delenv("XDG_SESSION_DESKTOP", raising=False)
    yield address
    daemon.terminate()
    daemon.communicate()


@pytest.fixture
def session(bus):
    python = shutil.which("python3", path="/usr/bin")
    has_gi = python and subprocess.run([python, "-c", "from gi.repository import Gio"], capture_output=True, check=False)
    need(has_gi and has_gi.returncode == 0, "PyGObject", "apt-get install python3-gi")
    recorder = subprocess.Popen([python, str(RECORDER)], stdout=subprocess.PIPE, text=True)
    session = Session(bus, recorder)
    assert session.read() == {"ready": True}
    yield session
    recorder.terminate()
    recorder.communicate()


def test_power_manager_gets_the_name_and_the_reason(session) -> None:
    inhibitor = SleepInhibitor()
    inhibitor.hold("ChatGPT may call")
    assert inhibitor.held
    assert inhibitor.problem is None
    assert session.read() == {"call": "Inhibit", "arguments": ["Deskhand", "ChatGPT may call"]}
    inhibitor.release()
    assert not inhibitor.held
    assert session.read() == {"call": "UnInhibit", "arguments": [7]}


def test_hold_and_release_are_idempotent_on_any_thread(session) -> None:
    inhibitor = SleepInhibitor()
    threads = [threading.Thread(target=inhibitor.hold, args=["now"]) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inhibitor.release()
    inhibitor.release()
    inhibitor.hold("again")
    inhibitor.release()
    assert [session.read()["call"] for _ in range(4)] == ["Inhibit", "UnInhibit", "Inhibit", "UnInhibit"]


def test_missing_power_manager_is_a_problem(bus) -> None:
    inhibitor = SleepInhibitor()
    inhibitor.hold("now")
    assert not inhibitor.held
    assert "cannot be kept awake" in (inhibitor.problem or "")
    inhibitor.release()
    assert inhibitor.problem is None


def test_missing_session_is_a_problem(monkeypatch) -> None:
    monkeypatch.setenv("WAKEPY_FORCE_FAILURE", "1")
    inhibitor = SleepInhibitor()
    inhibitor.hold("now")
    assert inhibitor.problem


def test_power_manager_that_appears_later_is_used(bus, request) -> None:
    inhibitor = SleepInhibitor()
    inhibitor.hold("now")
    assert inhibitor.problem
    session = request.getfixturevalue("session")
    inhibitor.hold("now")
    assert inhibitor.problem is None
    assert session.read()["call"] == "Inhibit"
    inhibitor.release()
