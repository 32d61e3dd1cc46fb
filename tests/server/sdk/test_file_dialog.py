import asyncio
import threading
from pathlib import Path

import pytest

from server.core.errors import Conflict, Unavailable
from server.sdk.desktop import NoScreen
from server.sdk.file_dialog import choose_file


async def test_dialog_without_a_window_is_a_sentence():
    with pytest.raises(Unavailable, match="no screen"):
        await choose_file(NoScreen())


class Dialog(NoScreen):
    def __init__(self, outcome: Path | Exception | None = None) -> None:
        self.outcome, self.answered = outcome, threading.Event()

    def choose_file(self, kind: str = "file") -> Path | None:
        self.answered.wait(30)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome and self.outcome / kind


async def test_dialog_holds_up_neither_the_loop_nor_a_cancelled_caller():
    dialog = Dialog(Path("/a"))
    waiting = asyncio.ensure_future(choose_file(dialog, "folder"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(choose_file(dialog), 0.01)
    assert not waiting.done()
    dialog.answered.set()
    assert await waiting == Path("/a/folder")
    dialog.outcome = Conflict("A file is being chosen already.")
    with pytest.raises(Conflict):
        await choose_file(dialog)
