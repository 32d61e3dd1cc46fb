"""Answers that are being written, as events that any number of pages follow.

An answer goes on when the page is closed, as ChatGPT's does: whoever opens the chat again finds it.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from random import Random
from typing import Any

from server.integrations.queue.fake.account import Chat, Message
from server.integrations.queue.fake.behaviour import LONGEST_LAG, SHORTEST_LAG, Behaviour, Outcome
from server.integrations.queue.fake.replies import make_title

Event = dict[str, Any]


class Answer:
    """An answer: its events so far, and whether it has ended."""

    def __init__(self, chat: Chat, message: Message, behaviour: Behaviour, outcome: Outcome | None, random: Random) -> None:
        self._chat, self._message, self._behaviour = chat, message, behaviour
        self._kind = outcome.kind if outcome else ""
        self._random = random
        self._text, message.text = message.text, ""
        self._events: list[Event] = []
        self._changed = asyncio.Condition()
        self.is_ended = False

    async def follow(self) -> AsyncIterator[Event]:
        """Read the events from the first one until the answer ends."""
        index = 0
        while True:
            async with self._changed:
                await self._changed.wait_for(partial(self._has_more, index))
            while index < len(self._events):
                yield self._events[index]
                index += 1
            if self.is_ended and index == len(self._events):
                return

    def _has_more(self, index: int) -> bool:
        return index < len(self._events) or self.is_ended

    async def write(self) -> None:
        """Write the answer at the page's pace."""
        try:
            await self._write()
        finally:
            self.is_ended = True
            async with self._changed:
                self._changed.notify_all()

    async def _write(self) -> None:
        await self._add(type="start", chat_id=self._chat.chat_id, message_id=self._message.message_id, model=self._message.model)
        await self._think()
        if self._kind == "continue_generating":
            half = len(self._text) // 2
            await self._write_text(self._text[:half])
            await self._add(type="continue_generating")
            self._message.alternative = self._text[half:]  # comes when the person presses the button
        else:
            await self._write_text(self._text)
        if self._kind == "two_answers":
            self._message.alternative = f"{self._text} (another version)"
            await self._add(type="two_answers", text=self._message.alternative)
        if not self._chat.title:
            await self._pause(self._behaviour.title_ms)
            self._chat.title = make_title(self._chat.messages[0].text)
        await self._add(type="title", title=self._chat.title)

    async def _think(self) -> None:
        if self._behaviour.thinking_ms or self._kind == "stopped_thinking":
            await self._add(type="thinking")
            await self._pause(self._behaviour.thinking_ms or 300)
            await self._add(type="stopped_thinking" if self._kind == "stopped_thinking" else "thought")
            await self._pause(self._behaviour.thinking_ms or 300)

    async def _write_text(self, text: str) -> None:
        """Write the text, and hold its end back until after the stop button is gone."""
        cut = self._random.randrange(len(text) // 8, max(len(text) * 7 // 8, 1) + 1) if text else 0
        size = max(self._behaviour.piece_size, 1)
        for start in range(0, cut, size):
            await self._add(type="delta", text=text[start : min(start + size, cut)])
            await self._pause(self._behaviour.piece_ms)
        self._message.text = text
        await self._add(type="complete")
        lag = self._behaviour.lag_ms
        await self._pause(self._random.randint(SHORTEST_LAG, LONGEST_LAG) if lag is None else lag)
        await self._add(type="rest", text=text)

    async def _add(self, **event: Any) -> None:
        async with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    async def _pause(self, milliseconds: float) -> None:
        if milliseconds:
            await asyncio.sleep(milliseconds / 1000)


class Answers:
    """The answers that are being written, by chat."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)  # noqa: S311, it varies the pace
        self._answers: dict[str, Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, chat: Chat, message: Message, behaviour: Behaviour, outcome: Outcome | None) -> Answer:
        """Start to write the text of this message into the chat."""
        answer = self._answers[chat.chat_id] = Answer(chat, message, behaviour, outcome, self._random)
        task = asyncio.create_task(answer.write())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return answer

    def read(self, chat_id: str) -> Answer | None:
        """Return the answer that is being written in this chat."""
        answer = self._answers.get(chat_id)
        return None if answer is None or answer.is_ended else answer

    async def close(self) -> None:
        """End all of them."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
