"""Live copies of imported conversations, which go on with a model."""

import uuid
from collections.abc import Sequence
from typing import Any

from server.core.errors import NotFound
from server.integrations.conversations.live.events import ChatEvents
from server.integrations.conversations.live.models import Chat, NewChat
from server.integrations.conversations.live.sync_models import Selection
from server.integrations.conversations.models import Details, Source
from server.integrations.conversations.store import copies, live, projects
from server.sdk.context import Context
from server.storage.database import Database

NO_MESSAGE = "There is no such message in this conversation."


class Copies:
    """Copies of conversations, from the archive or from the live ones."""

    def __init__(self, context: Context, events: ChatEvents) -> None:
        self._context, self._events = context, events

    async def make(self, chat_id: str, client: str, message_id: str = "") -> Chat:
        """Copy a conversation up to a message, or the path that is shown first, into a live one. Raises NotFound."""
        database, source = await self._find(chat_id, message_id)
        rows = await database.read(copies.read_messages, source["key"], message_id or source["current_message"])
        if message_id and not rows:
            raise NotFound(NO_MESSAGE)
        attached = sorted({attachment.id for row in rows for attachment in read_details(row["details"]).attachments})
        files = await database.read(copies.read_assets, source["key"], attached) if attached else []
        now = self._context.clock.now().timestamp()

        def store(connection: Any) -> Chat:
            project = source["project"] if projects.find(connection, source["project"]) else projects.DEFAULT
            new = NewChat(id=str(uuid.uuid4()), project=project, title=source["title"], client=client, created_at=now)
            chat = live.require(connection, live.create(connection, new))
            copies.add_messages(connection, chat, rows, now)
            copies.add_assets(connection, chat, files)
            self._events.emit_created(connection, chat)
            return live.require(connection, chat.key)

        chat = await self._context.database.write(store)
        self._events.publish(chat)
        return chat

    async def count(self, ids: Sequence[str]) -> Selection:
        """Count the imported conversations among these ids, and their messages."""
        return await self._context.archive.read(copies.count, ids) if ids else Selection()

    async def _find(self, chat_id: str, message_id: str) -> tuple[Database, dict[str, Any]]:
        own = await self._context.database.read(copies.find, chat_id)
        if own and own["source"] != Source.webhook:
            return self._context.database, own
        candidates = [
            (self._context.archive, await self._context.archive.read(copies.find, chat_id)),
            (self._context.database, own),
        ]
        for database, source in candidates:  # one that was delivered and imported is shown as the imported one
            if source and (not message_id or source is own or await database.read(live.has_message, source["key"], message_id)):
                return database, source
        raise NotFound(live.NO_CHAT)


def read_details(details: str) -> Details:
    """Read the details of a message."""
    return Details.model_validate_json(details) if details else Details()
