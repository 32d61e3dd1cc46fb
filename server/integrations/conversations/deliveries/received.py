"""Conversations and messages that others deliver: by a webhook, or by a client through /sync/manual."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from server.core.errors import Conflict, DeskhandError, InvalidInput, Unavailable
from server.integrations.conversations.deliveries.models import Delivered, ReceivedConversation, ReceivedMessage, ReceivedProject
from server.integrations.conversations.live.error_format import write_time
from server.integrations.conversations.live.events import TOPIC, ChatEvents
from server.integrations.conversations.live.operation_models import ManualAnswer, ManualOrder, StoredResult
from server.integrations.conversations.store import live, projects
from server.integrations.conversations.store import received as store
from server.integrations.conversations.store.reading import find_chat
from server.sdk.context import Context

INVALID, INVALID_TYPE = "Invalid payload", "Invalid sync type."
CONVERSATION, MESSAGE = "conversation", "message"
SIGNED = ""  # the sender of the signed webhook; no client has this id
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

    async def read(self, sender: str, kind: str, data: Mapping[str, Any]) -> Delivered:
        """Read a conversation, with its project if there is one, or a message.

        Raises InvalidInput, which names the fields, and Conflict if it would hide an imported conversation.
        """
        inner, prefix = data.get(kind, data), kind if kind in data else ""
        project = validate(ReceivedProject, data["project"], "project") if data.get("project") else None
        if kind == MESSAGE:
            message = validate(ReceivedMessage, inner, prefix)
            await self._require_not_imported(message.conversation_id, None)
            return Delivered(sender, message)
        chat = validate(ReceivedConversation, inner, prefix)
        await self._require_not_imported(chat.id, chat.openai_thread_id)
        delivered = Delivered(sender, chat, project)
        with suppress(Unavailable):  # without an archive no project is imported
            imported = await self._context.archive.read(projects.find, delivered.project_id)
            return replace(delivered, imported_name=imported.name if imported else "")
        return delivered

    def put(self, connection: Any, delivered: Delivered) -> StoredResult:
        """Store it, as a part of a transaction. Raises Conflict for what its sender did not deliver."""
        now = self._context.clock.now().timestamp()
        if isinstance(delivered.item, ReceivedMessage):
            chat, new, is_new = store.put_message(connection, delivered.item, delivered.sender, now)
            if is_new:
                self._events.emit_message(connection, chat, new)
            return StoredResult(status=f"message_{'created' if is_new else 'updated'}", message_id=new.id)
        chat, is_new = store.put_conversation(connection, delivered.item, delivered, now)
        if is_new:
            self._events.emit_created(connection, chat)
        return StoredResult(status=f"conversation_{'created' if is_new else 'updated'}", conversation_id=chat.id)

    def deliver(self, connection: Any, digest: str, seconds: float, delivered: Delivered) -> ReceivedResult:
        """Store a delivery once, as a part of a transaction. `seconds`: how long its signature is valid."""
        if not store.remember_delivery(connection, digest, self._context.clock.now().timestamp(), seconds):
            return ReceivedResult(is_duplicate=True)
        return ReceivedResult(self.put(connection, delivered))

    async def _require_not_imported(self, chat_id: str, thread_id: str | None) -> None:
        """Raises Conflict if this id, or that of the thread, would hide an imported conversation that was not delivered."""
        with suppress(Unavailable):  # without an archive nothing is hidden
            names = {chat_id, thread_id or chat_id}
            for name in names if await self._context.database.read(live.find, chat_id) is None else names - {chat_id}:
                if await self._context.archive.read(find_chat, name, live_too=False):
                    raise Conflict(store.NOT_YOURS)

    async def store_manually(self, order: ManualOrder, client: str) -> ManualAnswer:
        """Store a conversation or a message of a client. Raises InvalidInput and Conflict."""
        if order.type not in {CONVERSATION, MESSAGE}:
            raise InvalidInput(INVALID_TYPE)
        delivered = await self.read(client, order.type, order.data)
        result = await self._context.database.write(self.put, delivered)
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
