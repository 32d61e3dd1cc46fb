import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from server.system.sleep_inhibitor import Awake
from tests.conftest import need

RECORDER = Path(__file__).with_name("inhibitions.py")


class Session:
    """A session bus of its own, with a power manager on it that says what it is asked."""

    def __init__(self, address: str, recorder: subprocess.Popen) -> None:
        self.address, self._recorder = address, recorder

    def read(self) -> dict:
        """What the power manager was asked next."""
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


def test_the_power_manager_hears_who_keeps_the_computer_awake_and_why(session) -> None:
    awake = Awake()
    awake.hold("ChatGPT may call")
    assert awake.held
    assert awake.problem is None
    assert session.read() == {"call": "Inhibit", "arguments": ["Deskhand", "ChatGPT may call"]}
    awake.release()
    assert not awake.held
    assert session.read() == {"call": "UnInhibit", "arguments": [7]}


def test_holding_twice_is_holding_once_on_whatever_thread(session) -> None:
    awake = Awake()
    threads = [threading.Thread(target=awake.hold, args=["now"]) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    awake.release()
    awake.release()
    awake.hold("again")
    awake.release()
    assert [session.read()["call"] for _ in range(4)] == ["Inhibit", "UnInhibit", "Inhibit", "UnInhibit"]


def test_where_no_power_manager_is_there_is_a_sentence(bus) -> None:
    awake = Awake()
    awake.hold("now")
    assert not awake.held
    assert "cannot be kept awake" in (awake.problem or "")
    awake.release()
    assert awake.problem is None


def test_where_no_session_is_there_is_a_sentence(monkeypatch) -> None:
    monkeypatch.setenv("WAKEPY_FORCE_FAILURE", "1")
    awake = Awake()
    awake.hold("now")
    assert awake.problem


def test_a_power_manager_that_comes_later_is_asked_again(bus, request) -> None:
    awake = Awake()
    awake.hold("now")
    assert awake.problem
    session = request.getfixturevalue("session")
    awake.hold("now")
    assert awake.problem is None
    assert session.read()["call"] == "Inhibit"
    awake.release()
