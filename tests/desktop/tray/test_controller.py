import sys

import pytest

from desktop.screen import DesktopScreen
from desktop.tray.controller import TrayController
from desktop.tray.menu import MenuAction
from desktop.tray.tray import TrayUnavailable
from desktop.window.browser import reach
from desktop.window.window import Window
from tests.desktop.display import until


@pytest.fixture
def controller(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    data = serve(demo=True).data
    return TrayController(DesktopScreen(Window(data, tmp_path)), tmp_path, lambda: reach(data), lambda: None)


def test_controller_works_without_a_screen(controller):
    with pytest.raises(TrayUnavailable, match="no screen"):
        controller.open()
    controller.run(lambda: None, lambda: None)
    controller.notify("Deskhand", "Nobody sees this.")
    controller.close()
    assert not controller.lacks_host()


def test_chosen_action_is_executed_and_shown(controller):
    controller.actions.choose(MenuAction.pause_hour)
    until(lambda: controller.status.paused_until, "it is paused, and the front knows")
    controller.actions.choose(MenuAction.resume)
    until(lambda: not controller.status.paused_until, "it goes on, and the front knows")
