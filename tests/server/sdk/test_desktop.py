from pathlib import Path

import pytest

from server.core.errors import Unavailable
from server.sdk.desktop import NoScreen


def test_without_a_screen_each_wish_is_answered_with_what_to_do() -> None:
    screen = NoScreen()
    screen.notify("title", "text")
    with pytest.raises(Unavailable, match=r"https://x\.example"):
        screen.open_address("https://x.example")
    with pytest.raises(Unavailable, match="folder"):
        screen.open_folder(Path("folder"))
    for wish in (screen.show_window, screen.start_demo, lambda: screen.set_start_at_login(True)):
        with pytest.raises(Unavailable, match="deskhand"):
            wish()
    assert screen.starts_at_login() is None
