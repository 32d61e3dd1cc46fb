import sys
import threading
import types
from dataclasses import replace

import pytest

from desktop.tray.backends import Backend
from desktop.tray.icon import StatusLevel
from desktop.tray.menu import menu
from desktop.tray.status import Status
from desktop.tray.tray import Tray, TrayUnavailable, open_tray, spell, title_of
from tests.desktop.display import until

ONLINE = Status(level=StatusLevel.online, serving=True, sentence="Online")


class Icon:
    """Stands in for an icon that a system draws."""

    HAS_NOTIFICATION = True

    def __init__(self) -> None:
        self.icon = self.title = self.menu = None
        self.text = []

    def notify(self, text, title):
        self.text.append((title, text))
        raise OSError("nobody shows it")


class Open(Backend):
    """A system whose menu is open."""

    is_open = True

    def menu_is_open(self):
        return self.is_open


@pytest.fixture
def built(monkeypatch):
    monkeypatch.setattr("desktop.tray.tray.build", lambda lines, _: [line.text for line in lines])


@pytest.mark.usefixtures("built")
def test_tray_shows_the_status():
    icon = Icon()
    tray = Tray(print, Status(), icon, Backend(icon))
    tray.show(ONLINE)
    until(lambda: icon.menu, "it is drawn")
    assert icon.menu == [line.text for line in menu(ONLINE)]
    assert icon.title == "Deskhand: ● Online"
    assert icon.icon.size == (64, 64)


@pytest.mark.usefixtures("built")
def test_pending_approvals_change_icon_and_tooltip():
    icon = Icon()
    tray = Tray(print, Status(), icon, Backend(icon))
    tray.show(replace(ONLINE, level=StatusLevel.attention))
    until(lambda: icon.menu, "it is drawn")
    before = icon.icon.tobytes()
    tray.show(replace(ONLINE, level=StatusLevel.attention, waiting=2))
    until(lambda: icon.icon.tobytes() != before, "the icon shows it")
    until(lambda: icon.title == "Deskhand: 2 requests need approval…", "it is said")


@pytest.mark.usefixtures("built")
def test_open_menu_is_not_redrawn():
    icon = Icon()
    backend = Open(icon)
    tray = Tray(print, Status(), icon, backend)
    tray.show(ONLINE)
    until(lambda: icon.icon, "the icon is drawn all the same")
    assert icon.menu is None
    backend.is_open = False
    until(lambda: icon.menu, "it is drawn once it is closed")


@pytest.mark.usefixtures("built")
def test_simultaneous_statuses_are_drawn_once():
    icon, drawn = Icon(), []
    backend = Backend(icon)
    backend.call = lambda what: (drawn.append(threading.current_thread().name), what())
    tray = Tray(print, Status(), icon, backend)
    for _ in range(100):
        tray.show(ONLINE)
    until(lambda: icon.menu, "it is drawn")
    assert len(drawn) == 1


def test_failed_notification_is_ignored():
    icon = Icon()
    tray = Tray(print, Status(), icon, Backend(icon))
    tray.notify("", "The address is new.")
    tray.notify("b\u202eot asks you", "May it send\u200b?")
    assert icon.text == [("Deskhand", "The address is new."), ("b\\u202eot asks you", "May it send\\u200b?")]


def test_tray_is_unavailable_without_a_screen(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(TrayUnavailable, match="no screen"):
        open_tray(print, Status())


def test_missing_display_is_reported_without_importing_pystray(root, tmp_path):
    """In a process of its own, for what is imported stays."""
    code = (
        "import os\nfrom desktop.tray.tray import TrayUnavailable, open_tray\nfrom desktop.tray.status import Status\n"
        "try:\n  open_tray(print, Status())\nexcept TrayUnavailable as error:\n  print(error, os.environ.get('PYSTRAY_BACKEND'))"
    )
    import os
    import subprocess

    environment = {**os.environ, "DISPLAY": ":4711", "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("No icon can be shown in a tray here"), done.stderr
    assert done.stdout.endswith("None\n")


def test_titles_and_marks_fit_the_system(monkeypatch):
    long = [types.SimpleNamespace(text="x" * 300)]
    assert len(title_of(long)) <= 127
    monkeypatch.setattr(sys, "platform", "win32")
    assert spell("Jack & Jill") == "Jack && Jill"
