"""Desktops for tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from server.sdk.desktop import Screen
from tests.desktop.display import Display, Reader, need_desktop, open_reader, opened
from tests.server.conftest import Served, serve

__all__ = ["serve"]

Open = Callable[..., Display]


@pytest.fixture
def open_display(tmp_path: Path) -> Iterator[Open]:
    """Open a desktop; `tray` and `notifications` say what it has."""
    need_desktop()
    with ExitStack() as stack:
        yield lambda **has: stack.enter_context(opened(tmp_path, **has))


@pytest.fixture
def display(open_display: Open) -> Display:
    """A desktop with everything."""
    return open_display()


@pytest.fixture
def reader(display: Display) -> Reader:
    """A screen reader on that desktop."""
    return open_reader(display)


@pytest.fixture
def serve_on(tmp_path: Path) -> Iterator[Callable[[Screen], Served]]:
    """Start a server that has a screen."""
    started: list[BackgroundServer] = []

    def start(screen: Screen) -> Served:
        background = BackgroundServer(Program(Options(port=0, data_dir=tmp_path / "data", demo=True), screen))
        ready = background.start()
        started.append(background)
        return Served(background, ready.public, ready.local, tmp_path / "data")

    yield start
    for background in started:
        background.stop()
