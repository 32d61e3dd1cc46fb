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


def test_where_none_runs_there_is_nothing_to_hand_over(tmp_path):
    assert show_running_window(tmp_path) is False


def test_the_one_that_runs_shows_its_window(serve_on):
    screen = Shown()
    served = serve_on(screen)
    assert show_running_window(served.data) is True
    assert screen.times == 1


def test_one_without_a_screen_says_so(serve):
    with pytest.raises(DeskhandError, match="without a screen"):
        show_running_window(serve(demo=True).data)


def test_one_that_is_still_starting_is_waited_for(serve_on, tmp_path):
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


def test_what_a_killed_one_left_keeps_nobody_from_starting(tmp_path):
    left = runtime_file.make("http://127.0.0.1:9", 9, "http://127.0.0.1:9", "key")
    with runtime_file.written(tmp_path, left):
        assert show_running_window(tmp_path) is False
        with open_home(tmp_path, demo=None):
            assert show_running_window(tmp_path) is False, "nobody answers at that address"


def test_one_that_never_answers_is_told(tmp_path):
    with pytest.raises(Unavailable, match="does not answer"):
        wait_and_show_running_window(tmp_path, 0.2)
