"""Pictures of messages: stored as files by their content's hash, and sent to OpenAI as data: addresses."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from server.core.errors import InvalidInput
from server.integrations.conversations.live_models import Chat, PathMessage
from server.integrations.conversations.models import Frozen
from server.integrations.conversations.store import images as store
from server.sdk.context import Context
from server.system.files import write_private

FOLDER = "chats"  # below the folder of files
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif"}
LARGEST_IMAGE, MOST_IMAGES = 5 * 1024 * 1024, 5
NOT_AN_IMAGE = "{name} is no picture that a model can see. Send PNG, JPEG, GIF or WebP."
TOO_MUCH = "Send at most 5 pictures of 5 MB each."


class NewImage(Frozen):
    """A picture to be attached."""

    name: str
    data: bytes


class StoredImage(Frozen):
    """A picture whose file is stored. `id`: as the message names it."""

    id: str
    name: str
    content_type: str
    size: int
    sha256: str


class Images:
    """The files of pictures."""

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._folder = context.folders.files / FOLDER

    async def save(self, images: Iterable[NewImage]) -> list[StoredImage]:
        """Store the files of pictures, before the rows that name them. Raises InvalidInput."""
        listed = list(images)
        if len(listed) > MOST_IMAGES or any(len(image.data) > LARGEST_IMAGE for image in listed):
            raise InvalidInput(TOO_MUCH)
        return await asyncio.to_thread(lambda: [self._save(image) for image in listed])

    def _save(self, image: NewImage) -> StoredImage:
        kind, digest = find_type(image), hashlib.sha256(image.data).hexdigest()
        path = self.path_of(digest)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(path, image.data)
        return StoredImage(
            id=f"file_{secrets.token_hex(12)}", name=image.name, content_type=kind, size=len(image.data), sha256=digest
        )

    def path_of(self, sha256: str) -> Path:
        """Return where a file is."""
        return self._folder / sha256[:2] / sha256

    @staticmethod
    def add(connection: Any, chat: Chat, images: Iterable[StoredImage]) -> None:
        """Store the rows of pictures, as a part of a transaction."""
        store.add(connection, chat.key, [image.model_dump() for image in images])

    async def read(self, chat: Chat, path: Iterable[PathMessage]) -> dict[str, str]:
        """Read the pictures on a path as data: addresses, by their ids. A file that is gone is left out."""
        wanted = [attachment.id for message in path for attachment in message.attachments]
        if not wanted:
            return {}
        rows = await self._database.read(store.read, chat.key, wanted)
        return await asyncio.to_thread(self._encode, rows)

    def _encode(self, rows: Iterable[Any]) -> dict[str, str]:
        encoded = {}
        for row in rows:
            path = self.path_of(row["sha256"])
            if row["content_type"].startswith("image/") and row["sha256"] and path.is_file():
                encoded[row["id"]] = f"data:{row['content_type']};base64,{base64.b64encode(path.read_bytes()).decode()}"
        return encoded


def find_type(image: NewImage) -> str:
    """Find the type of a picture by its first bytes, whatever its name says. Raises InvalidInput."""
    if image.data[:4] == b"RIFF" and image.data[8:12] == b"WEBP":
        return "image/webp"
    for signature, kind in SIGNATURES.items():
        if image.data.startswith(signature):
            return kind
    raise InvalidInput(NOT_AN_IMAGE.format(name=image.name or "This file"))
