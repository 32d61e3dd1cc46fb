"""The local route of the files of messages. What they are is told by their content; only pictures and sound are shown."""

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi.responses import FileResponse

from server.core.errors import NotFound
from server.core.file_names import clean_name
from server.integrations.conversations.files.file_types import read_type
from server.integrations.conversations.service import ConversationsService
from server.integrations.conversations.store import assets
from server.sdk.assets import DOWNLOAD, SHOWN
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
local = DeferredRouter(prefix="/api/chats", tags=["Conversations"])


@local.get("/{chat_id}/assets/{asset_id:path}", response_class=FileResponse)
async def read_asset(
    conversations: Annotated[ConversationsService, provided(ConversationsService)], chat_id: str, asset_id: str
) -> FileResponse:
    """Returns a file of a message: a picture or sound as what it is, everything else as a download."""
    context, files = conversations.context, conversations.assets
    for database in (context.database, context.archive):
        if row := await database.read(assets.find, chat_id, asset_id):
            if path := await asyncio.to_thread(files.find, row.sha256, row.size):
                return await asyncio.to_thread(respond, path, row.name)
            break
    raise NotFound("This file is not here. The export that was imported may lack it.")


def respond(path: Path, name: str) -> FileResponse:
    """Make the response with a file."""
    content_type = read_type(path)
    shown = content_type in SHOWN
    return FileResponse(
        path,
        headers=HEADERS,
        media_type=content_type if shown else DOWNLOAD,
        filename=clean_name(name) or "file",
        content_disposition_type="inline" if shown else "attachment",
    )
