"""Conversations that were delivered and imported, too: the imported one is shown, with the delivered messages that it lacks."""

from collections.abc import Sequence
from typing import Any

from server.core.errors import Unavailable
from server.integrations.conversations.library.models import ChatFilter
from server.integrations.conversations.models import Source
from server.integrations.conversations.store import reading
from server.integrations.conversations.store.reading import Row
from server.storage.database import Database

MOST_MESSAGES = 2_000  # of a delivered conversation that are compared


async def find_imported(archive: Database, row: Row) -> Row | None:
    """Find the imported conversation with the id of a delivered one; None if there is none, or the archive cannot be used."""
    if row["source"] != Source.webhook:
        return None
    try:
        return await archive.read(reading.find_chat, row["id"], live_too=False)
    except Unavailable:
        return None


async def list_hidden(live: Database, archive: Database, chats: ChatFilter) -> list[str]:
    """List the ids of delivered conversations that an imported one is shown for. Raises Unavailable."""
    ids = await live.read(reading.list_delivered, chats)
    return await archive.read(reading.list_present, ids) if ids else []


async def read_lacking(live: Database, archive: Database, key: int, imported: Row) -> list[dict[str, Any]]:
    """Read the delivered messages that the imported conversation lacks, by id and by text, placed in its tree.

    `key`: of the delivered conversation.
    """
    rows = await live.read(reading.read_messages, key, 0, MOST_MESSAGES)
    same = await archive.read(reading.match_messages, imported["key"], rows)
    lacking = [dict(row) for row in rows if row["id"] not in same]
    placed = {row["id"] for row in lacking}
    for row in lacking:
        if row["parent"] not in placed:
            row["parent"] = same.get(row["parent"], imported["current_message"])
    return lacking


async def list_shown(live: Database, archive: Database, ids: Sequence[str]) -> dict[str, set[str]]:
    """List the messages of delivered conversations that are shown in imported ones; others of these ids are left out."""
    shown: dict[str, set[str]] = {}
    for chat_id in await archive.read(reading.list_present, ids):
        row = await live.read(reading.find_chat, chat_id, live_too=True)
        imported = await archive.read(reading.find_chat, chat_id, live_too=False)
        if row and imported:
            shown[chat_id] = {each["id"] for each in await read_lacking(live, archive, row["key"], imported)}
    return shown
