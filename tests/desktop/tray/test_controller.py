import sys

import pytest

from desktop.screen import DesktopScreen
from desktop.tray.controller import Front
from desktop.tray.menu import Wish
from desktop.tray.tray import NoTray
from desktop.window.browser import reach
from desktop.window.window import Window
from tests.desktop.display import until


@pytest.fixture
def front(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    data = serve(demo=True).data
    return Front(DesktopScreen(Window(data, tmp_path)), tmp_path, lambda: reach(data), lambda: None)


def test_without_a_screen_there_is_no_icon_and_nothing_else_is_lost(front):
    with pytest.raises(NoTray, match="no screen"):
        front.open()
    front.run(lambda: None, lambda: None)
    front.notify("Deskhand", "Nobody sees this.")
    front.close()
    assert not front.lacks_host()


def test_what_is_chosen_is_done_and_seen(front):
    front.wishes.choose(Wish.pause_hour)
    until(lambda: front.status.paused_until, "it is paused, and the front knows")
    front.wishes.choose(Wish.resume)
    until(lambda: not front.status.paused_until, "it goes on, and the front knows")
