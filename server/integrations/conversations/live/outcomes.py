"""Answers and their failures: stored with everything that belongs to them, in one transaction."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from server.core.errors import Unavailable
from server.integrations.conversations.adapter.protocol import Answer
from server.integrations.conversations.live.answer_streams import AnswerEnd, AnswerStreams
from server.integrations.conversations.live.events import TOPIC, ChatEvents
from server.integrations.conversations.live.models import AnswerRow, AnswerState, Chat, NewMessage
from server.integrations.conversations.models import ConversationsSettings, Role
from server.integrations.conversations.openai_account.spending import Reservation, Spending
from server.integrations.conversations.store import answers, live
from server.sdk.context import Context

SECTION = TOPIC
SUCCEEDED = {"completed", "incomplete"}
FAILED = "The model could not answer this message."
CANCELLED = "The answer was ended before it was complete."

log = logging.getLogger(__name__)


class Outcomes:
    """Stores answers, and why there are none."""

    def __init__(self, context: Context, spending: Spending, streams: AnswerStreams, events: ChatEvents) -> None:
        self._context, self._spending, self._streams, self._events = context, spending, streams, events
        self._database = context.database

    async def finish(
        self, row: AnswerRow, answer: Answer, reservation: Reservation | None = None, *, in_thread: bool = False
    ) -> None:
        """Store an answer, its index rows, its cost and its events in one transaction."""
        succeeded, now = answer.status in SUCCEEDED, self._context.clock.now().timestamp()
        reason = "" if succeeded else answer.error or (CANCELLED if answer.status == "cancelled" else FAILED)
        new = NewMessage(id=row.id, parent=row.message, role=Role.assistant, text=answer.text, created_at=now, model=answer.model)

        def store(connection: Any) -> Chat | None:
            chat = live.read(connection, row.conversation)
            if chat is None:
                return None
            cost = self._spending.settle_in(connection, reservation, answer, chat.project, row.client)
            if not succeeded:
                if answers.end(connection, row, AnswerState.failed, reason, answer.text, cost):
                    self._events.emit_failed(connection, chat, row, reason)
            elif answers.complete(connection, chat, row, new, cost):
                if in_thread:
                    live.set_thread_leaf(connection, chat.key, row.id)
                self._events.emit_answer(connection, chat, new)
            return chat

        chat = await self._store(store)
        state = AnswerState.done if succeeded else AnswerState.failed
        self._streams.close(AnswerEnd(id=row.id, state=state, text=answer.text, error=reason))
        if chat:
            self._events.publish(chat)

    async def _store(self, store: Callable[[Any], Chat | None]) -> Chat | None:
        """Store an answer, which exists nowhere else: a full disk is waited for."""
        while True:
            try:
                return await self._database.write(store)
            except Unavailable:
                log.warning("An answer could not be stored. It is tried again.")
                await asyncio.sleep(self._context.settings.read(SECTION, ConversationsSettings).retry_seconds)

    async def keep_partial(self, row: AnswerRow, text: str) -> None:
        """Store as much of an answer as there was when the person stopped it."""
        await self.finish(row, Answer(id=row.response_id, text=text, model=row.model))

    async def fail(self, row: AnswerRow, state: AnswerState, reason: str, text: str) -> None:
        """Record that there is no answer, and why."""

        def store(connection: Any) -> Chat | None:
            chat = live.read(connection, row.conversation)
            if chat and answers.end(connection, row, state, reason, text):
                self._events.emit_failed(connection, chat, row, reason)
            return chat

        if chat := await self._database.write(store):
            self._events.publish(chat)
