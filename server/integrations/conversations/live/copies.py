"""Live copies of imported conversations, which go on with a model."""

import uuid
from collections.abc import Sequence
from typing import Any

from server.core.errors import NotFound
from server.integrations.conversations.library.delivered import find_merged, read_path
from server.integrations.conversations.live.events import ChatEvents
from server.integrations.conversations.live.models import Chat, NewChat
from server.integrations.conversations.live.sync_models import Selection
from server.integrations.conversations.store import copies, live, projects
from server.integrations.conversations.store.reading import Row
from server.sdk.context import Context
from server.storage.database import Database

NO_MESSAGE = "There is no such message in this conversation."


class Copies:
    """Copies of conversations, from the archive or from the live ones."""

    def __init__(self, context: Context, events: ChatEvents) -> None:
        self._context, self._events = context, events

    async def make(self, chat_id: str, client: str, message_id: str = "", *, new_id: str = "") -> Chat:
        """Copy a conversation up to a message, or the path that is shown first, into a live one. Raises NotFound."""
        source, rows, files = await self._read(chat_id, message_id)
        if message_id and not rows:
            raise NotFound(NO_MESSAGE)
        now = self._context.clock.now().timestamp()

        def store(connection: Any) -> Chat:
            project = projects.find_id(connection, source["project"])
            copy_id = new_id or str(uuid.uuid4())
            new = NewChat(id=copy_id, project=project, title=source["title"], client=client, created_at=now)
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

    async def _read(self, chat_id: str, message_id: str) -> tuple[Row, list[Row], list[Row]]:
        """Read a conversation, a path of it, and the files of that path."""
        live_ones, archive = self._context.database, self._context.archive
        own = await live_ones.read(copies.find, chat_id)
        if own and (merged := await find_merged(live_ones, archive, own)):
            rows = await read_path(archive, merged, message_id)
            places = [(archive, merged.key), (live_ones, own["key"])]
            return merged.imported, rows, [file for place in places for file in await read_files(*place, rows)]
        database, source = (live_ones, own) if own else (archive, await archive.read(copies.find, chat_id))
        if source is None:
            raise NotFound(live.NO_CHAT)
        rows = await database.read(copies.read_messages, source["key"], message_id or source["current_message"])
        return source, rows, await read_files(database, source["key"], rows)


async def read_files(database: Database, key: int, rows: Sequence[Row]) -> list[Row]:
    """Read the files of messages, as far as this database has them."""
    attached = sorted({attachment.id for row in rows for attachment in live.read_details(row["details"]).attachments})
    return await database.read(copies.read_assets, key, attached) if attached else []
