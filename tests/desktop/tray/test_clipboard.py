import subprocess
import sys
from pathlib import Path

import pytest

from desktop.tray import clipboard
from tests.desktop.display import until

SCRIPTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def ran(monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **given: commands.append((command, given["input"])))
    return commands


def test_clipboard_programs_are_used_on_windows_and_macos(ran):
    for platform in ("win32", "darwin"):
        copy = clipboard.find_copier(has_gtk_loop=False, platform=platform, environment={})
        assert copy
        copy("https://abel.ngrok.app/ü")
    assert ran == [
        (["clip.exe"], "https://abel.ngrok.app/ü".encode("utf-16")),
        (["pbcopy"], "https://abel.ngrok.app/ü".encode()),
    ]


def test_clipboard_uses_wl_copy_under_wayland(ran, monkeypatch, tmp_path: Path):
    wayland = {"WAYLAND_DISPLAY": "wayland-0"}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clipboard.find_copier(has_gtk_loop=True, platform="linux", environment=wayland) is None
    (tmp_path / "wl-copy").touch(0o755)
    copy = clipboard.find_copier(has_gtk_loop=True, platform="linux", environment=wayland)
    assert copy
    copy("text")
    assert ran == [(["wl-copy"], b"text")]


def test_clipboard_is_unavailable_without_a_gtk_loop():
    assert clipboard.find_copier(has_gtk_loop=False, platform="linux", environment={"DISPLAY": ":0"}) is None
    assert clipboard.find_copier(has_gtk_loop=True, platform="linux", environment={"DISPLAY": ":0"})


def test_text_is_on_the_clipboard_of_the_desktop(display):
    display.keep(sys.executable, str(SCRIPTS / "copying.py"), "https://abel.ngrok.app/ü", name="copying")
    pasted = [sys.executable, str(SCRIPTS / "pasting.py")]
    until(lambda: display.run(*pasted).strip() == "https://abel.ngrok.app/ü", "the text is on the clipboard")
