"""Conversations in both databases, as an import and live ones store them."""

import io
import tempfile
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from server.integrations import conversations
from server.integrations.conversations.files.assets import AssetFiles, StoredFile
from server.integrations.conversations.store.live_tables import live
from server.integrations.conversations.store.message_keys import allocate_keys
from server.integrations.conversations.store.search_index import index_conversation
from server.integrations.conversations.store.tables import asset, conversation, message, original
from server.sdk.context import Context
from server.storage.archive import ARCHIVE_FILE, open_archive
from server.storage.migrations import migrate_archive

ARCHIVE_MIGRATIONS = Path(conversations.__file__).parent / "archive_migrations"
DAY = 86_400.0
NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 100


@cache
def make_archive() -> bytes:
    """Make an empty archive, once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ARCHIVE_FILE
        migrate_archive(path, [ARCHIVE_MIGRATIONS])
        return path.read_bytes()


@asynccontextmanager
async def with_archive(context: Context) -> AsyncIterator[Context]:
    """Give a context an archive, for a while."""
    (context.folders.data / ARCHIVE_FILE).write_bytes(make_archive())
    archive = open_archive(context.folders.data, [ARCHIVE_MIGRATIONS])
    try:
        yield replace(context, archive=archive)
    finally:
        await archive.close()


def store_file(context: Context, content: bytes) -> StoredFile:
    """Store a file of a message."""
    return AssetFiles(context.folders).add(io.BytesIO(content))


def add_chat(
    connection: Connection,
    chat_id: str,
    texts: Sequence[str] = ("Hello", "World"),
    *,
    files: Sequence[tuple[str, str, StoredFile]] = (),
    data: bytes = b"",
    thread: str | None = None,
    details: str = "",
    **values: Any,
) -> int:
    """Store a conversation of turns in a row, and index it. `files`: id, name and content. `data`: its original form."""
    row = {"title": chat_id.title(), "created_at": NOON, "updated_at": NOON, "project": "", "source": "chatgpt", "model": "gpt-5"}
    row |= {"id": chat_id, "message_count": len(texts), "current_message": f"m{len(texts)}", **values}
    key = int(connection.execute(insert(conversation), row).inserted_primary_key[0])
    moment = row["created_at"] or 0.0
    for number, (text, message_key) in enumerate(
        zip(texts, allocate_keys(connection, [int(moment)] * len(texts)), strict=True), 1
    ):
        of_message = {
            "key": message_key,
            "conversation": key,
            "id": f"m{number}",
            "parent": f"m{number - 1}" if number > 1 else "",
            "role": "user" if number % 2 else "assistant",
            "kind": "text",
            "text": text,
            "created_at": moment,
            "details": details,
        }
        connection.execute(insert(message), of_message)
    for asset_id, name, stored in files:
        of_file = {"conversation": key, "id": asset_id, "name": name, "sha256": stored.sha256, "size": stored.size}
        connection.execute(insert(asset), of_file | {"content_type": stored.content_type})
    if data:
        connection.execute(insert(original), {"conversation": key, "data": zlib.compress(data)})
    if thread is not None:
        connection.execute(insert(live), {"conversation": key, "thread_id": thread})
    index_conversation(connection, key)
    return key


def dump(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Read all rows of conversations."""
    tables = ("chat_conversation", "chat_message", "chat_asset", "chat_original")
    return {name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1")] for name in tables}


def find_keys(connection: Connection, word: str) -> list[int]:
    """Find messages by a word."""
    query = "SELECT rowid FROM chat_message_index WHERE chat_message_index MATCH ?"
    return list(connection.exec_driver_sql(query, (word,)).scalars())
