import pytest

from desktop.screen import DesktopScreen
from desktop.tray.actions import MenuActions
from desktop.tray.menu import MenuAction
from desktop.window.window import Window
from server.core.errors import DeskhandError


class Desk:
    """Records the executed actions."""

    def __init__(self, folder) -> None:
        self.did = []
        self.refusal = None
        screen = DesktopScreen(Window(folder, folder))
        screen.show_window = lambda page="": self.did.append(("window", page))
        screen.open_folder = self.did.append
        screen.set_start_at_login = self.did.append
        screen.tell = lambda _, text: self.did.append(text)
        self.actions = MenuActions(
            screen,
            folder,
            self.ask,
            lambda: self.did.append("end"),
            lambda: None,
            self.did.append,
            lambda: "https://abel.ngrok.app",
        )

    def ask(self, method, path, body):
        if self.refusal:
            raise DeskhandError(self.refusal)
        self.did.append((method, path, body))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("action", "done"),
    [
        (MenuAction.open, ("window", "")),
        (MenuAction.show_approvals, ("window", "approvals")),
        (MenuAction.show_activity, ("window", "activity")),
        (MenuAction.show_update, ("window", "settings")),
        (MenuAction.copy, "https://abel.ngrok.app"),
        (MenuAction.start_at_login, True),
        (MenuAction.no_start_at_login, False),
    ],
)
def test_action_is_executed(desk, action, done):
    desk.actions.execute(action)
    assert desk.did == [done]


def test_logs_folder_is_opened(desk, tmp_path):
    desk.actions.execute(MenuAction.open_logs)
    assert desk.did == [tmp_path]


def test_quit_ends_the_program(desk):
    desk.actions.choose(MenuAction.quit)
    assert desk.did == ["end"]


def test_failed_action_is_reported(desk):
    desk.refusal = "There is no tunnel here."
    desk.actions.execute(MenuAction.open_tunnel)
    assert desk.did == ["There is no tunnel here."]


def test_action_routes_exist_in_the_local_api(desk, root):
    from desktop.tray.actions import ROUTES

    document = (root / "ui" / "openapi.json").read_text()
    assert not [path for _, path, _ in ROUTES.values() if f'"{path}"' not in document]
