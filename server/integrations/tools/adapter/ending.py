"""End of a session: that it ended, and why."""

import asyncio
from collections.abc import Callable

from server.core.errors import DeskhandError


def explain_nothing(_: int) -> DeskhandError | None:
    """Explain no refusal."""
    return None


class Ending:
    """Set once by whatever ends a session; the first sentence is the reason.

    `status`: HTTP status of the last refusal. `is_forgotten`: the last request in the session was refused, as one is whose
    session is not known any more. `explain`: the error that an HTTP status stands for, if the sign-in knows it.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.sentence = ""
        self.status = 0
        self.is_forgotten = False
        self.explain: Callable[[int], DeskhandError | None] = explain_nothing

    def set(self, sentence: str) -> None:
        """Note that the session has ended. `sentence` continues the server's name: "ended with status 1"."""
        if not self._event.is_set():
            self.sentence = sentence
            self._event.set()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> str:
        """Wait for the end and return its reason."""
        await self._event.wait()
        return self.sentence
