"""Texts of answers while models write them, for everybody who follows them."""

import asyncio
from collections.abc import AsyncIterator

from server.integrations.conversations.live.models import AnswerState
from server.integrations.conversations.models import Frozen


class AnswerEnd(Frozen):
    """The end of an answer. `text`: of all of it, or as much as there was when it failed."""

    id: str
    state: AnswerState
    text: str = ""
    error: str = ""


class AnswerStream:
    """The text of one answer so far. `changed` is set, and replaced, whenever there is more."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.end: AnswerEnd | None = None
        self.changed = asyncio.Event()

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    def notify(self) -> None:
        """Wake everybody who follows it."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


class AnswerStreams:
    """The open answers that somebody writes or follows, by their ids."""

    def __init__(self) -> None:
        self._streams: dict[str, AnswerStream] = {}

    def open(self, answer_id: str) -> AnswerStream:
        """Return the stream of an answer, which is made at its first use."""
        return self._streams.setdefault(answer_id, AnswerStream())

    def write(self, answer_id: str, piece: str) -> None:
        """Add to the text of an answer."""
        stream = self.open(answer_id)
        stream.pieces.append(piece)
        stream.notify()

    def restart(self, answer_id: str) -> None:
        """Forget the text of an answer that is asked for once more."""
        self.open(answer_id).pieces.clear()

    def close(self, end: AnswerEnd) -> None:
        """End the stream of an answer."""
        if stream := self._streams.pop(end.id, None):
            stream.end = end
            stream.notify()

    async def follow(self, stream: AnswerStream) -> AsyncIterator[str | AnswerEnd]:
        """Yield the text of an answer in pieces, and its end as the last item."""
        read = 0
        while True:
            changed, pieces = stream.changed, stream.pieces[read:]
            read += len(pieces)
            if pieces:
                yield "".join(pieces)
            if stream.end:
                yield stream.end
                return
            if not pieces:
                await changed.wait()

    async def wait(self, stream: AnswerStream, seconds: float) -> AnswerEnd | None:
        """Wait for the end of an answer; None if it takes longer."""
        try:
            async with asyncio.timeout(seconds):
                while stream.end is None:
                    await stream.changed.wait()
        except TimeoutError:
            return None
        return stream.end
