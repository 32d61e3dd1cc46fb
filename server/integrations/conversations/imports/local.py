"""Local routes of imports: the export is looked at, imported by selection, and undone."""

from typing import Annotated

from fastapi import Path, Query, Request

from server.integrations.conversations.imports.imports import LONGEST_WAIT
from server.integrations.conversations.imports.models import (
    ChosenPath,
    Import,
    ImportList,
    ImportOrder,
    MemoryList,
    Selection,
)
from server.integrations.conversations.service import ConversationsService
from server.sdk.file_dialog import choose_file
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided
from server.sdk.uploads import LARGEST_UPLOAD, read_file_name, receive_upload
from server.storage.text_search import LARGEST_KEY

local = DeferredRouter(prefix="/api/imports", tags=["Conversations"])
ImportId = Annotated[int, Path(ge=0, le=LARGEST_KEY)]
Conversations = Annotated[ConversationsService, provided(ConversationsService)]


@local.get("")
async def list_imports(conversations: Conversations) -> ImportList:
    """Lists imports, the newest first."""
    return ImportList(imports=await conversations.imports.list_all())


@local.post("")
async def create_import(conversations: Conversations, order: ImportOrder) -> Import:
    """Looks at an export on this computer, or imports it at once."""
    return await conversations.imports.create(order.path, start=order.start, include_deleted=order.include_deleted)


@local.post("/upload", max_body_size=LARGEST_UPLOAD)
async def upload_import(request: Request, conversations: Conversations) -> Import:
    """Looks at an export that a browser sends as the body, with its name in X-File-Name."""
    path = await receive_upload(request, conversations.context.folders)
    return await conversations.imports.create(str(path), upload_name=read_file_name(request))


@local.post("/choose")
async def choose_import(
    conversations: Conversations, kind: Annotated[str, Query(pattern="^(file|folder)$")] = "file"
) -> ChosenPath:
    """Opens the system's dialog; the person chooses a file or a folder."""
    path = await choose_file(conversations.context.screen, kind)
    return ChosenPath(path=str(path) if path else None)


@local.get("/memories")
async def list_memories(conversations: Conversations) -> MemoryList:
    """Lists the memories, custom instructions and feedback of exports."""
    return MemoryList(memories=await conversations.imports.list_memories())


@local.get("/{import_id}")
async def read_import(
    conversations: Conversations, import_id: ImportId, wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0
) -> Import:
    """Shows an import; with `wait`, once it is ready or has ended, after at most so many seconds."""
    return await conversations.imports.wait(import_id, wait)


@local.post("/{import_id}/start")
async def start_import(conversations: Conversations, import_id: ImportId, selection: Selection) -> Import:
    """Imports what is selected."""
    return await conversations.imports.start(import_id, selection)


@local.post("/{import_id}/cancel")
async def cancel_import(conversations: Conversations, import_id: ImportId) -> Import:
    """Stops an import. What is imported already stays."""
    return await conversations.imports.cancel(import_id)


@local.post("/{import_id}/undo")
async def undo_import(conversations: Conversations, import_id: ImportId) -> Import:
    """Removes everything that an import brought, and restores what it updated."""
    return await conversations.imports.undo(import_id)


@local.delete("/{import_id}", status_code=204)
async def remove_import(conversations: Conversations, import_id: ImportId) -> None:
    """Removes an import that has not begun."""
    await conversations.imports.remove(import_id)
