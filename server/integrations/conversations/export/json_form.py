"""Conversations as JSON, for programs: one list, in which each has its messages with all branches."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from typing import Any

from server.integrations.conversations.export.contents import ExportedFiles, read_pages
from server.integrations.conversations.export.zip_stream import ZipStream
from server.integrations.conversations.library.library import FoundChat, read_details, to_iso
from server.integrations.conversations.store.reading import Row

FILE = "conversations.json"
CHAT_FIELDS = ("id", "title", "source", "model", "gpt", "starred", "archived", "temporary")
MESSAGE_FIELDS = ("id", "role", "kind", "text", "model")


class ListWriter:
    """Writes conversations into one JSON list. Subclasses write each."""

    def __init__(self, zip_stream: ZipStream, files: ExportedFiles) -> None:
        self._zip, self._files = zip_stream, files
        self._stack = ExitStack()
        self._entry = self._stack.enter_context(zip_stream.entry(FILE, None))
        self._before = "["

    async def write(self, chat: FoundChat) -> AsyncIterator[None]:
        """Write a conversation."""
        await self._add(self._before)
        self._before = ",\n"
        async for piece in self._pieces(chat):
            await self._add(piece)
            yield

    async def finish(self) -> AsyncIterator[None]:
        """End the list, and write the files of messages."""
        await self._add("[]" if self._before == "[" else "]")
        self._stack.close()
        async for _ in self._files.write():
            yield

    async def _add(self, piece: str | bytes) -> None:
        await asyncio.to_thread(self._entry.write, piece.encode("utf-8", "replace") if isinstance(piece, str) else piece)

    def _pieces(self, chat: FoundChat) -> AsyncIterator[str | bytes]:
        raise NotImplementedError


class JsonWriter(ListWriter):
    """Writes what Deskhand knows of conversations."""

    async def _pieces(self, chat: FoundChat) -> AsyncIterator[str | bytes]:
        names = await self._files.add(chat)
        yield dump(view_chat({**chat.row, "current_message": chat.current_message}))[:-1] + ', "messages": ['
        before = ""
        async for rows in read_pages(chat):
            yield before + ",\n".join(dump(view_message(row, names)) for row in rows)
            before = ",\n"
        yield "]}"


def view_chat(row: Row) -> dict[str, Any]:
    """Make the object of a conversation."""
    return {
        **{name: row[name] for name in CHAT_FIELDS},
        "created_at": to_iso(row["created_at"]),
        "updated_at": to_iso(row["updated_at"]),
        "project": {"id": row["project"], "name": row["project_name"] or row["project"]} if row["project"] else None,
        "current_id": row["current_message"],
    }


def view_message(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    """Make the object of a message. `names`: of files in the zip."""
    details = read_details(row["details"])
    return {
        **{name: row[name] for name in MESSAGE_FIELDS},
        "parent_id": row["parent"] or None,
        "created_at": to_iso(row["created_at"]),
        "name": details.name,
        "language": details.language,
        "citations": [citation.model_dump() for citation in details.citations],
        "attachments": [{"id": item.id, "name": item.name, "file": names.get(item.id)} for item in details.attachments],
    }


def dump(value: Any) -> str:
    """Write JSON."""
    return json.dumps(value, ensure_ascii=False)
