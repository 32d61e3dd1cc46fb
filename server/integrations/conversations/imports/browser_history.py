"""Conversations that a browser fetched one by one: collected in a file, and imported together.

A conversation is stored before its receipt is acknowledged. If an import begins and the file is not removed any more, its
conversations are imported twice, which changes nothing the second time.
"""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

from server.integrations.conversations.imports.imports import Imports
from server.sdk.uploads import FOLDER
from server.system.files import make_private_folder, not_stored, replace_file

FILE = "browser-history.jsonl"
NAME = "History of the browser"
BATCH = 50  # conversations in one import


class BrowserHistory:
    """A HistoryImport over the imports of exports."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports
        self._folder = imports.context.folders.data
        self._lock = asyncio.Lock()

    async def take(self, conversations: list[dict[str, Any]], *, last: bool) -> None:
        """Store conversations, and import them once there are enough. Raises Unavailable if the disk does not take them."""
        async with self._lock:
            try:
                count = await asyncio.to_thread(append, self._folder / FILE, conversations)
                if count >= BATCH or (last and count):
                    export = await asyncio.to_thread(make_export, self._folder)
                    await self._imports.create(str(export), start=True, upload_name=NAME)
                    await asyncio.to_thread((self._folder / FILE).unlink)
            except OSError as error:
                raise not_stored(error, "the history") from error


def append(path: Path, conversations: list[dict[str, Any]]) -> int:
    """Append conversations to a file, each on a line. Returns how many it has."""
    content = path.read_bytes() if path.exists() else b""
    if conversations:
        content += b"".join(json.dumps(conversation).encode() + b"\n" for conversation in conversations)
        replace_file(path, content)
    return content.count(b"\n")


def make_export(folder: Path) -> Path:
    """Make an export of the collected conversations; return its path. The import removes it."""
    lines = (folder / FILE).read_bytes().split(b"\n")[:-1]
    path = make_private_folder(folder / FOLDER) / secrets.token_hex(16)
    replace_file(path, b"[" + b",".join(lines) + b"]")
    return path
