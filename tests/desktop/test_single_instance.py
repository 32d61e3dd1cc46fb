import threading

import pytest

from desktop.single_instance import show_running_window, wait_and_show_running_window
from server.core.errors import DeskhandError, Unavailable
from server.lifecycle import runtime_file
from server.sdk.desktop import NoScreen
from server.storage.data_dir import open_home


class Shown(NoScreen):
    def __init__(self) -> None:
        self.times = 0

    def show_window(self, page: str = "") -> None:  # noqa: ARG002
        self.times += 1


def test_no_running_instance_returns_false(tmp_path):
    assert show_running_window(tmp_path) is False


def test_running_instance_shows_its_window(serve_on):
    screen = Shown()
    served = serve_on(screen)
    assert show_running_window(served.data) is True
    assert screen.times == 1


def test_running_instance_without_a_screen_is_an_error(serve):
    with pytest.raises(DeskhandError, match="no screen here"):
        show_running_window(serve(demo=True).data)


def test_starting_instance_is_awaited(serve_on, tmp_path):
    screen, errors = Shown(), []

    def wait():
        try:
            wait_and_show_running_window(tmp_path / "data", 30)
        except DeskhandError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    serve_on(screen)
    waiting.join(60)
    assert (errors, screen.times) == ([], 1)


def test_runtime_file_of_a_killed_instance_is_ignored(tmp_path):
    left = runtime_file.make("http://127.0.0.1:9", 9, "http://127.0.0.1:9", "key")
    with runtime_file.publish(tmp_path, left):
        assert show_running_window(tmp_path) is False
        with open_home(tmp_path, demo=None):
            assert show_running_window(tmp_path) is False, "nobody answers at that address"


def test_silent_instance_is_an_error(tmp_path):
    with pytest.raises(Unavailable, match="does not answer"):
        wait_and_show_running_window(tmp_path, 0.2)
