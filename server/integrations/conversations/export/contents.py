"""The contents of conversations in an export: messages in pages, and the files that they refer to, each once."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.integrations.conversations.export.zip_stream import ZipStream
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.library.library import FoundChat
from server.integrations.conversations.store import reading
from server.integrations.conversations.store.reading import Row

PAGE = 200  # messages that are in memory at once
CHUNK = 1 << 20
PACKED = {".zip", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".mp3", ".mp4", ".m4a", ".ogg", ".webm", ".docx", ".xlsx", ".pptx"}


@dataclass
class ExportedFiles:
    """The files of messages that go into a zip. `name(row)` chooses the name there of a row of chat_asset; empty: none.

    `missing`: how many are not here.
    """

    zip: ZipStream
    files: AssetFiles
    name: Callable[[Row], str]
    count: int = 0
    missing: int = 0
    _taken: set[str] = field(default_factory=set)
    _waiting: list[tuple[Path, str, int]] = field(default_factory=list)

    async def add(self, chat: FoundChat) -> dict[str, str]:
        """Add the files of a conversation. Returns the name of each by its id; those that are not here have none."""
        rows = await chat.read_files()
        return await asyncio.to_thread(self._add, rows) if rows else {}

    def _add(self, rows: Mapping[str, Row]) -> dict[str, str]:
        names = {asset_id: self._add_one(row) for asset_id, row in rows.items()}
        return {asset_id: name for asset_id, name in names.items() if name}

    def _add_one(self, row: Row) -> str:
        name = self.name(row)
        path = self.files.find(row["sha256"], row["size"])
        if path is None or not name:
            self.missing += 1
            return ""
        if name not in self._taken:
            self._taken.add(name)
            self._waiting.append((path, name, row["size"]))
        return name

    async def write(self) -> AsyncIterator[None]:
        """Write the files that were added since; one that is removed meanwhile is left out."""
        waiting, self._waiting = self._waiting, []
        for path, name, size in waiting:
            try:
                source = await asyncio.to_thread(path.open, "rb")
            except OSError:
                self.missing += 1
                continue
            self.count += 1
            packed, time = Path(name).suffix.lower() in PACKED, os.fstat(source.fileno()).st_mtime
            with source, self.zip.entry(name, time, size=size, packed=packed) as entry:
                while chunk := await asyncio.to_thread(source.read, CHUNK):
                    await asyncio.to_thread(entry.write, chunk)
                    yield


async def read_pages(chat: FoundChat) -> AsyncIterator[list[Row]]:
    """Read all messages, the oldest first."""
    after = 0
    while rows := await chat.database.read(reading.read_messages, chat.key, after, PAGE):
        yield rows
        after = rows[-1]["key"]
    if chat.lacking:
        yield list(chat.lacking)


async def read_some(chat: FoundChat, ids: list[str]) -> AsyncIterator[list[Row]]:
    """Read messages by their ids, in that order."""
    more = {row["id"]: row for row in chat.lacking}
    for start in range(0, len(ids), PAGE):
        some = ids[start : start + PAGE]
        rows = {row["id"]: row for row in await chat.database.read(reading.read_some, chat.key, some)} | more
        yield [rows[message_id] for message_id in some if message_id in rows]


async def read_nodes(chat: FoundChat) -> dict[str, str]:
    """Read the parent of each message."""
    nodes = await chat.database.read(reading.read_nodes, chat.key)
    return nodes | {row["id"]: row["parent"] for row in chat.lacking}


def find_path(nodes: Mapping[str, str], leaf: str) -> list[str]:
    """Find the way from the first message to one of them; `nodes`: the parent of each."""
    path: dict[str, None] = {}
    while leaf in nodes and leaf not in path:
        path[leaf] = None
        leaf = nodes[leaf]
    return list(path)[::-1]
