import os
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from desktop.screen import DesktopScreen, open_folder
from desktop.window.window import Window
from server.core.errors import Unavailable
from tests.desktop.display import until


@pytest.fixture
def screen(tmp_path: Path, monkeypatch) -> DesktopScreen:
    monkeypatch.setenv("DISPLAY", ":0")
    return DesktopScreen(Window(tmp_path, tmp_path), tmp_path)


def put(folder: Path, name: str, script: str, monkeypatch) -> None:
    """Put a program on the PATH."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_folder_is_shown_by_the_file_manager(screen, tmp_path, monkeypatch):
    put(tmp_path, "xdg-open", f'echo "$1" $NGROK_AUTHTOKEN > {tmp_path}/told', monkeypatch)
    monkeypatch.setenv("NGROK_AUTHTOKEN", "secret")
    screen.open_folder(tmp_path / "logs")
    assert (tmp_path / "told").read_text() == f"{tmp_path}/logs\n"


def test_missing_file_manager_names_the_folder(screen, tmp_path, monkeypatch):
    put(tmp_path, "xdg-open", "exit 3", monkeypatch)
    with pytest.raises(Unavailable, match=r"No file manager.*logs"):
        screen.open_folder(tmp_path / "logs")


def test_folder_opens_on_macos_and_windows(monkeypatch, tmp_path):
    ran = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
    monkeypatch.setattr(os, "startfile", ran.append, raising=False)
    open_folder(tmp_path, "darwin")
    open_folder(tmp_path, "win32")
    assert ran == [["open", str(tmp_path)], tmp_path]


def test_address_is_opened_or_named_in_the_error(screen, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or len(opened) < 2)
    screen.open_address("https://example.org/")
    with pytest.raises(Unavailable, match="Open this address yourself: https://example"):
        screen.open_address("https://example.org/")


def test_browser_gets_no_secret(screen, monkeypatch):
    seen = []
    monkeypatch.setenv("DESKHAND_API_KEY", "secret")
    monkeypatch.setattr(webbrowser, "open", lambda _: seen.append(os.environ.get("DESKHAND_API_KEY")) or True)
    screen.open_address("https://example.org/")
    assert seen == [None]
    assert os.environ["DESKHAND_API_KEY"] == "secret"


def test_demo_starts_detached_with_its_own_data(screen, tmp_path, monkeypatch):
    text = tmp_path / "told"
    put(tmp_path, "python", f'echo "$@" $DESKHAND_API_KEY > {text}.new; mv {text}.new {text}', monkeypatch)
    monkeypatch.setenv("DESKHAND_API_KEY", "secret")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    screen.start_demo()
    until(text.exists, "the demo is started")
    assert text.read_text() == f"-P -m desktop --demo --data-dir {tmp_path}/demo\n"


def test_start_at_login_can_be_switched(screen, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert screen.starts_at_login() is False
    screen.set_start_at_login(True)
    assert screen.starts_at_login() is True
    assert str(tmp_path) in (tmp_path / "autostart" / "deskhand.desktop").read_text()
    screen.set_start_at_login(False)
    assert screen.starts_at_login() is False


def test_demo_does_not_start_at_login(tmp_path, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    screen = DesktopScreen(Window(tmp_path, tmp_path), tmp_path, demo=True)
    assert screen.starts_at_login() is None
    with pytest.raises(Unavailable, match="demo"):
        screen.set_start_at_login(True)


def test_notification_goes_to_the_tray(screen):

    shown = []
    screen.tell = lambda title, text: shown.append((title, text))
    screen.notify("New address", "https://abel.ngrok.app")
    assert shown == [("New address", "https://abel.ngrok.app")]
