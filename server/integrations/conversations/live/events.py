"""Events about live conversations: for the window, for webhooks, and about responses that OpenAI works on."""

import asyncio
from collections.abc import Mapping
from typing import Any

from server.integrations.conversations.live.models import AnswerRow, Chat, NewMessage
from server.sdk.context import Context

TOPIC = "conversations"
CREATED, MESSAGE, COMPLETED, FAILED = "conversation.created", "message.created", "response.completed", "response.failed"
EVENT_TYPES = {
    CREATED: "A conversation was started",
    MESSAGE: "A message was added to a conversation",
    COMPLETED: "A model answered a message",
    FAILED: "A model could not answer a message",
}


class ChatEvents:
    """Publishes what happens in conversations. `emit_…` are parts of the transaction that stores it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: dict[str, asyncio.Event] = {}
        context.webhooks.offer(EVENT_TYPES)

    def publish(self, chat: Chat) -> None:
        """Publish that a conversation has changed."""
        self._context.events.publish(TOPIC, {"chat": chat.id})

    def emit_created(self, connection: Any, chat: Chat) -> None:
        """Emit that a conversation was started."""
        self._emit(connection, CREATED, {"title": chat.title, **describe_chat(chat)})

    def emit_message(self, connection: Any, chat: Chat, new: NewMessage) -> None:
        """Emit that a message was added."""
        self._emit(connection, MESSAGE, {**describe_chat(chat), **describe_message(new)})

    def emit_answer(self, connection: Any, chat: Chat, new: NewMessage) -> None:
        """Emit that a model answered: the message, and that the response is complete."""
        self.emit_message(connection, chat, new)
        self._emit(connection, COMPLETED, {**describe_chat(chat), **describe_message(new), "answers": new.parent})

    def emit_failed(self, connection: Any, chat: Chat, row: AnswerRow, reason: str) -> None:
        """Emit that a model did not answer."""
        self._emit(connection, FAILED, {**describe_chat(chat), "messageId": row.id, "answers": row.message, "error": reason})

    def _emit(self, connection: Any, kind: str, data: Mapping[str, Any]) -> None:
        self._context.webhooks.emit(connection, kind, data)

    def end_response(self, response_id: str) -> None:
        """Note that OpenAI has ended a response, as its own webhook says."""
        if event := self._waiting.get(response_id):
            event.set()

    async def wait_for_response(self, response_id: str, seconds: float) -> None:
        """Wait until OpenAI says that it has ended a response, but not longer than this."""
        event = self._waiting.setdefault(response_id, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.pop(response_id, None)


def describe_chat(chat: Chat) -> dict[str, Any]:
    """Describe which conversation an event is about."""
    return {"conversationId": chat.id, "threadId": chat.thread_id or None, "projectId": chat.project}


def describe_message(new: NewMessage) -> dict[str, Any]:
    """Describe a message in an event."""
    return {"messageId": new.id, "role": new.role, "content": new.text, "model": new.model or None, "createdAt": new.created_at}
