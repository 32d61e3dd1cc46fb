from pathlib import Path

import pytest

from server.core.errors import Unavailable
from server.sdk.desktop import NoScreen


def test_desktop_action_without_a_screen_is_refused_with_a_hint() -> None:
    screen = NoScreen()
    screen.notify("title", "text")
    with pytest.raises(Unavailable, match=r"https://x\.example"):
        screen.open_address("https://x.example")
    with pytest.raises(Unavailable, match="folder"):
        screen.open_folder(Path("folder"))
    for action in (screen.show_window, screen.start_demo, lambda: screen.set_start_at_login(True)):
        with pytest.raises(Unavailable, match="deskhand"):
            action()
    assert screen.starts_at_login() is None
