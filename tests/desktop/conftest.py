"""Desktops for tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.desktop.display import Display, Reader, need_desktop, open_reader, opened

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
