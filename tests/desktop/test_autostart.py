import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from desktop import autostart
from desktop.autostart import APPROVED, RUN, DesktopEntry, LaunchAgent, RunKey, quote, relaunch_command, write_agent
from server.core.errors import InvalidInput, Unavailable
from tests.conftest import need

COMMAND = ["/opt/my programs/deskhand", "--hidden", "--data-dir", "/data/100% $HOME `x` \"y\" \\z 'w'"]


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A desktop's folder for settings, and a screen."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


class Registry:
    """A registry in memory."""

    def __init__(self):
        self.values = {}

    def read(self, key, name):
        return self.values.get((key, name))

    def write(self, key, name, value):
        self.values[key, name] = value

    def delete(self, key, name):
        self.values.pop((key, name), None)


def test_autostart_is_off_by_default_and_off_removes_the_file(config) -> None:
    assert autostart.can()
    assert not autostart.is_on()
    autostart.set_on(True)
    assert autostart.is_on()
    file = config / "autostart" / "deskhand.desktop"
    assert f"Exec={sys.executable} -P -m desktop --hidden\n" in file.read_text()
    autostart.set_on(False)
    autostart.set_on(False)
    assert not autostart.is_on()
    assert list(file.parent.iterdir()) == []


def test_autostart_is_unavailable_without_a_screen(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not autostart.can()


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_autostart_disabled_by_the_desktop_is_off(tmp_path, line) -> None:
    entry = DesktopEntry(tmp_path)
    entry.put(["deskhand"])
    file = tmp_path / "deskhand.desktop"
    file.write_text(file.read_text().replace("X-GNOME-Autostart-enabled=true", line))
    assert not entry.is_on()


@pytest.mark.parametrize("content", [b"", b"\xff", b"no entry", b"[Another]\nHidden=false"])
def test_invalid_desktop_entry_is_off(tmp_path, content) -> None:
    (tmp_path / "deskhand.desktop").write_bytes(content)
    assert not DesktopEntry(tmp_path).is_on()


def test_entry_is_quoted_as_the_specification_says() -> None:
    assert quote("plain-word_1") == "plain-word_1"
    assert quote("50%") == '"50%%"'
    assert quote("") == '""'
    assert quote("a b") == '"a b"'
    assert quote("$5") == '"\\\\$5"'
    assert quote("a\\b") == '"a\\\\\\\\b"'


def test_desktop_entry_is_parsed_as_intended(tmp_path) -> None:
    python = shutil.which("python3", path="/usr/bin")
    reads = (
        "from gi.repository import GLib, Gio; import sys\n"
        "line = Gio.DesktopAppInfo.new_from_filename(sys.argv[1]).get_commandline()\n"
        "print(GLib.shell_parse_argv(line)[1])"
    )
    has_gi = python and subprocess.run([python, "-c", "from gi.repository import Gio"], capture_output=True, check=False)
    need(has_gi and has_gi.returncode == 0, "PyGObject", "apt-get install python3-gi")
    entry = DesktopEntry(tmp_path)
    program = tmp_path / "my programs" / "desk hand"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    entry.put([str(program), *COMMAND[1:]])
    done = subprocess.run([python, "-c", reads, tmp_path / "deskhand.desktop"], capture_output=True, text=True, check=True)
    words = eval(done.stdout)
    assert [word.replace("%%", "%") for word in words] == [str(program), *COMMAND[1:]]


def test_autostart_command_is_this_program() -> None:
    assert relaunch_command(None, {}, frozen=False, platform="linux") == [sys.executable, "-P", "-m", "desktop", "--hidden"]
    assert relaunch_command(None, {}, frozen=True) == [sys.executable, "--hidden"]
    assert relaunch_command(None, {"APPIMAGE": "/apps/Deskhand.AppImage"}, frozen=True)[0] == "/apps/Deskhand.AppImage"
    assert relaunch_command(Path("mine"), {}, frozen=True)[1:] == ["--hidden", "--data-dir", str(Path.cwd() / "mine")]


def test_autostart_opens_no_console_on_windows(tmp_path, monkeypatch) -> None:
    (tmp_path / "pythonw.exe").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python.exe"))
    assert relaunch_command(None, {}, frozen=False, platform="win32")[0] == str(tmp_path / "pythonw.exe")


def test_launch_agent_starts_once_at_login(tmp_path) -> None:
    agent = LaunchAgent(tmp_path / "LaunchAgents")
    assert not agent.is_on()
    agent.put(COMMAND)
    assert agent.is_on()
    written = plistlib.loads((tmp_path / "LaunchAgents" / "deskhand.plist").read_bytes())
    assert written == plistlib.loads(write_agent(COMMAND))
    assert written["ProgramArguments"] == COMMAND
    assert written["RunAtLoad"] is True
    assert "KeepAlive" not in written
    agent.remove()
    assert not agent.is_on()


def test_run_key_starts_the_program_on_windows() -> None:
    registry = Registry()
    key = RunKey(registry)
    key.put([r"C:\My Programs\deskhand.exe", "--hidden"])
    assert registry.values == {(RUN, "Deskhand"): r'"C:\My Programs\deskhand.exe" --hidden'}
    assert key.is_on()
    key.remove()
    assert not key.is_on()


@pytest.mark.parametrize("state", [b"\x03" + bytes(11), b"\x07" + bytes(11)])
def test_autostart_disabled_in_task_manager_stays_off(state) -> None:
    registry = Registry()
    key = RunKey(registry)
    key.put(["deskhand"])
    registry.values[APPROVED, "Deskhand"] = state
    assert not key.is_on()
    with pytest.raises(Unavailable, match="Task Manager"):
        key.put(["deskhand"])
    assert registry.values[APPROVED, "Deskhand"] == state


def test_unwritable_autostart_folder_is_a_sentence(config) -> None:
    (config / "autostart").write_text("a file in its place")
    with pytest.raises(Unavailable, match="The system refused this"):
        autostart.set_on(True)


def test_home_folder_is_written_out() -> None:
    assert relaunch_command(Path("~/mine"), {}, frozen=True)[-1] == str(Path.home() / "mine")


@pytest.mark.parametrize("name", ["a\rb", "a\nb", "a\x1bb", os.fsdecode(b"a\xff")])
def test_data_folder_that_no_entry_can_hold_is_refused(config, name) -> None:
    with pytest.raises(InvalidInput, match="another name") as refused:
        autostart.set_on(True, Path("/data") / name)
    assert refused.value.detail.isprintable()
    assert not autostart.is_on()
    assert not (config / "autostart").exists()


def test_non_ascii_data_folder_is_accepted(config) -> None:
    autostart.set_on(True, Path("/data/Jörg \N{HEBREW LETTER ALEF}\u200f"))
    assert autostart.is_on()
