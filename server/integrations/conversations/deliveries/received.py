"""Conversations and messages that others deliver: by a webhook, or by a client through /sync/manual."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from server.core.errors import Conflict, DeskhandError, InvalidInput, Unavailable
from server.integrations.conversations.deliveries.models import ReceivedConversation, ReceivedMessage, ReceivedProject
from server.integrations.conversations.live.error_format import write_time
from server.integrations.conversations.live.events import TOPIC, ChatEvents
from server.integrations.conversations.live.operation_models import ManualAnswer, ManualOrder, StoredResult
from server.integrations.conversations.store import received as store
from server.integrations.conversations.store.reading import find_chat
from server.sdk.context import Context

INVALID, INVALID_TYPE = "Invalid payload", "Invalid sync type."
CONVERSATION, MESSAGE = "conversation", "message"
IMPORTED = ""  # no conversation has this id
EVENTS = {
    "conversation.created": CONVERSATION,
    "conversation.updated": CONVERSATION,
    "message.created": MESSAGE,
    "message.updated": MESSAGE,
}
MOST_DETAILS = 20
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class ReceivedResult:
    """Result of a delivery, a server.sdk.webhook.StoreResult."""

    result: StoredResult | None = None
    is_duplicate: bool = False
    note: str = ""
    error: DeskhandError | None = None


class Received:
    """Stores what is delivered."""

    def __init__(self, context: Context, events: ChatEvents) -> None:
        self._context, self._events = context, events

    def parse(self, kind: str, data: Mapping[str, Any]) -> tuple[ReceivedConversation | ReceivedMessage, ReceivedProject | None]:
        """Read a conversation or a message, and its project if there is one. Raises InvalidInput, which names the fields."""
        inner = data.get(kind, data)
        project = validate(ReceivedProject, data["project"], "project") if data.get("project") else None
        prefix = kind if kind in data else ""
        if kind == CONVERSATION:
            return validate(ReceivedConversation, inner, prefix), project
        return validate(ReceivedMessage, inner, prefix), project

    def put(
        self, connection: Any, parsed: ReceivedConversation | ReceivedMessage, project: ReceivedProject | None
    ) -> StoredResult:
        """Store it, as a part of a transaction. Raises Conflict for a conversation that was not delivered."""
        now = self._context.clock.now().timestamp()
        if isinstance(parsed, ReceivedMessage):
            chat, new, is_new = store.put_message(connection, parsed, now)
            if is_new:
                self._events.emit_message(connection, chat, new)
            return StoredResult(status=f"message_{'created' if is_new else 'updated'}", message_id=new.id)
        chat, is_new = store.put_conversation(connection, parsed, project, now)
        if is_new:
            self._events.emit_created(connection, chat)
        return StoredResult(status=f"conversation_{'created' if is_new else 'updated'}", conversation_id=chat.id)

    def deliver(self, connection: Any, digest: str, seconds: float, kind: str, data: Mapping[str, Any]) -> ReceivedResult:
        """Store a delivery once, as a part of a transaction. `seconds`: how long its signature is valid."""
        if not store.remember_delivery(connection, digest, self._context.clock.now().timestamp(), seconds):
            return ReceivedResult(is_duplicate=True)
        return ReceivedResult(self.put(connection, *self.parse(kind, data)))

    async def check_ids(self, kind: str, data: Mapping[str, Any]) -> None:
        """Check that a delivery would not hide another conversation, which its id or thread id finds.

        Raises Conflict, and InvalidInput as `parse` does.
        """
        parsed, _ = self.parse(kind, data)
        chat_id = parsed.conversation_id if isinstance(parsed, ReceivedMessage) else parsed.id
        thread_id = parsed.openai_thread_id if isinstance(parsed, ReceivedConversation) else None
        own_id = await self._find(chat_id)
        if own_id == IMPORTED or (thread_id and await self._find(thread_id) not in (None, own_id or chat_id)):
            raise Conflict(store.NOT_YOURS)

    async def _find(self, name: str) -> str | None:
        """Find the id of the conversation with this id or thread id; IMPORTED for an imported one, None if there is none."""
        if row := await self._context.database.read(find_chat, name, live_too=True):
            return str(row["id"])
        with suppress(Unavailable):  # without an archive nothing is hidden
            if await self._context.archive.read(find_chat, name, live_too=False):
                return IMPORTED
        return None

    async def store_manually(self, order: ManualOrder) -> ManualAnswer:
        """Store a conversation or a message of a client. Raises InvalidInput and Conflict."""
        if order.type not in {CONVERSATION, MESSAGE}:
            raise InvalidInput(INVALID_TYPE)
        await self.check_ids(order.type, order.data)
        parsed, project = self.parse(order.type, order.data)
        result = await self._context.database.write(self.put, parsed, project)
        self.publish()
        return ManualAnswer(type=order.type, result=result, timestamp=self.now())

    def publish(self) -> None:
        """Publish that something was stored."""
        self._context.events.publish(TOPIC)

    def now(self) -> str:
        """Write the time as JavaScript does."""
        return write_time(self._context.clock.now())


def validate(model: type[Model], data: Any, prefix: str) -> Model:
    """Read an object. Raises InvalidInput, which names the fields that do not fit."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        fields = [
            {"field": ".".join(filter(None, (prefix, *map(str, item["loc"])))), "message": item["msg"]}
            for item in error.errors(include_url=False)[:MOST_DETAILS]
        ]
        sentence = "; ".join(f"{field['field'] or 'body'}: {field['message']}" for field in fields)
        raise InvalidInput(f"The request does not fit. {sentence}.", errors=fields) from None
