"""Pictures of live conversations: stored as files, and sent to OpenAI as data: addresses."""

import asyncio
import base64
import io
import secrets
from collections.abc import Iterable
from typing import Any

from server.core.errors import InvalidInput
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.live.models import Chat, PathMessage
from server.integrations.conversations.models import Frozen
from server.integrations.conversations.store import images as store
from server.sdk.context import Context

VISIBLE = {"image/png", "image/jpeg", "image/gif", "image/webp"}  # to models
LARGEST_IMAGE, MOST_IMAGES = 5 * 1024 * 1024, 5
NOT_VISIBLE = "{name} is not an image that a model can see. Send PNG, JPEG, GIF or WebP."
TOO_MUCH = "Send at most 5 images of 5 MB each."


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
    """The pictures of conversations."""

    def __init__(self, context: Context) -> None:
        self._database, self._archive = context.database, context.archive
        self._files = AssetFiles(context.folders)

    async def save(self, images: Iterable[NewImage]) -> list[StoredImage]:
        """Store the files of pictures, before the rows that name them. Raises InvalidInput."""
        listed = list(images)
        if len(listed) > MOST_IMAGES or any(len(image.data) > LARGEST_IMAGE for image in listed):
            raise InvalidInput(TOO_MUCH)
        return await asyncio.to_thread(lambda: [self._save(image) for image in listed])

    def _save(self, image: NewImage) -> StoredImage:
        file = self._files.add(io.BytesIO(image.data))
        if file.content_type not in VISIBLE:
            raise InvalidInput(NOT_VISIBLE.format(name=image.name or "This file"))
        return StoredImage(
            id=f"file_{secrets.token_hex(12)}",
            name=image.name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
        )

    @staticmethod
    def add(connection: Any, chat: Chat, images: Iterable[StoredImage]) -> None:
        """Store the rows of pictures, as a part of a transaction."""
        store.add(connection, chat.key, [image.model_dump() for image in images])

    async def read(self, chat: Chat, path: Iterable[PathMessage], imported: int | None = None) -> dict[str, str]:
        """Read the pictures on a path as data: addresses, by their ids. A file that is gone is left out.

        `imported`: the key of the imported conversation that a part of the path is from.
        """
        wanted = [attachment.id for message in path for attachment in message.attachments]
        if not wanted:
            return {}
        rows = await self._database.read(store.read, chat.key, wanted)
        if imported is not None:
            rows += await self._archive.read(store.read, imported, wanted)
        return await asyncio.to_thread(self._encode, rows)

    def _encode(self, rows: Iterable[Any]) -> dict[str, str]:
        encoded = {}
        for row in rows:
            path = self._files.find(row["sha256"], row["size"])
            if path and row["content_type"] in VISIBLE:
                encoded[row["id"]] = f"data:{row['content_type']};base64,{base64.b64encode(path.read_bytes()).decode()}"
        return encoded
