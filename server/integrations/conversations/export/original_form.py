"""Conversations in the form in which ChatGPT exports them: imported ones as they came, live ones in the same form."""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from server.core.file_names import clean_name
from server.integrations.conversations.export.chat_tree import PROJECT, write_tree
from server.integrations.conversations.export.json_form import ListWriter, dump
from server.integrations.conversations.library.library import FoundChat
from server.integrations.conversations.store.originals import read_original
from server.integrations.conversations.store.reading import Row

FILE_ID = re.compile(r"file[-_][A-Za-z0-9]+")
NAMES_FILE, PROJECTS_FILE = "conversation_asset_file_names.json", "projects.json"
CHUNK = 1 << 20


class OriginalWriter(ListWriter):
    """Writes conversations in ChatGPT's form."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._labels: dict[str, str] = {}
        self._projects: dict[str, str] = {}

    async def _pieces(self, chat: FoundChat) -> AsyncIterator[str | bytes]:
        names = await self._files.add(chat)
        rows = await chat.read_files()
        self._labels |= {name: rows[asset_id]["name"] for asset_id, name in names.items() if rows[asset_id]["name"] != asset_id}
        if chat.row["project"].startswith(PROJECT) and chat.row["project_name"]:
            self._projects[chat.row["project"]] = chat.row["project_name"]
        data = await chat.database.read(read_original, chat.key) or b""
        if await asyncio.to_thread(is_sound, data):
            for piece in inflate(data):
                yield piece
        else:
            async for text in write_tree(chat):
                yield text

    async def finish(self) -> AsyncIterator[None]:
        """End the list, and write the files of messages with their names, and the names of projects."""
        async for _ in super().finish():
            yield
        projects = [{"id": project_id, "name": name} for project_id, name in self._projects.items()]
        for name, value in ((NAMES_FILE, self._labels), (PROJECTS_FILE, projects)):
            if value:
                with self._zip.entry(name, None) as entry:
                    entry.write(dump(value).encode())


def name_file(row: Row) -> str:
    """Name a file of a message by its id, so that an import finds it again."""
    asset_id = str(row["id"])
    if FILE_ID.fullmatch(asset_id):
        return f"{asset_id}.dat"
    return asset_id if clean_name(asset_id) == asset_id else ""


def inflate(data: bytes) -> Iterator[bytes]:
    """Decompress the original of a conversation, in pieces. Raises zlib.error."""
    unpacker = zlib.decompressobj()
    while not unpacker.eof:
        piece = unpacker.decompress(data, CHUNK)
        if not piece and not unpacker.eof:
            raise zlib.error("It is cut off.")
        yield piece
        data = unpacker.unconsumed_tail


def is_sound(data: bytes) -> bool:
    """Return whether an original can be decompressed; half of one would spoil the whole list."""
    try:
        return sum(map(len, inflate(data))) > 0
    except zlib.error:
        return False
