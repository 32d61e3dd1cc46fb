"""Local routes that export conversations."""

from typing import Annotated

from fastapi.responses import StreamingResponse

from server.integrations.conversations.export.models import ExportOrder, ExportReport, FileOrder
from server.integrations.conversations.service import ConversationsService
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

local = DeferredRouter(prefix="/api/chats/export", tags=["Conversations"])
Conversations = Annotated[ConversationsService, provided(ConversationsService)]


@local.post("", response_class=StreamingResponse)
async def export_chats(conversations: Conversations, order: ExportOrder) -> StreamingResponse:
    """Exports conversations as a zip file."""
    export = await conversations.exports.begin(order)
    name = f"conversations-{conversations.context.clock.now():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(export.stream(), media_type="application/zip", headers=headers)


@local.post("/file")
async def export_to_file(conversations: Conversations, order: FileOrder) -> ExportReport:
    """Exports conversations into a zip file of this computer."""
    return await conversations.exports.write(order)
