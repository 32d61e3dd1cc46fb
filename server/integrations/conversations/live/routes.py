"""Operations of live conversations, at the addresses of ChatBETO's API."""

from typing import Annotated

from fastapi import Path

from server.integrations.conversations.live import wording
from server.integrations.conversations.live.error_format import CHAT_ERRORS
from server.integrations.conversations.live.operation_models import (
    ChatOrder,
    CompletionAnswer,
    CompletionOrder,
    CreatedAnswer,
    ManualAnswer,
    ManualOrder,
    MessageAnswer,
    MessageOrder,
    ProjectAnswer,
    ProjectOrder,
    ProjectsAnswer,
    StatusAnswer,
    SyncAccepted,
    SyncAnswer,
    SyncOrder,
)
from server.integrations.conversations.service import ConversationsService
from server.sdk.operation import Operations, current_call
from server.sdk.services import provided

SCOPES = ("read:chats", "write:chats")
LARGEST_QUESTION = 10 * 1024 * 1024
operations = Operations(prefix="/api/v1/openai", title="Conversations", open_world=True, scopes=SCOPES, errors=CHAT_ERRORS)
deliveries = Operations(prefix="/api/v1/sync", title="Conversations", scopes=SCOPES, errors=CHAT_ERRORS)
Conversations = Annotated[ConversationsService, provided(ConversationsService)]
ChatId = Annotated[str, Path(max_length=200, description="The conversation's id, or that of its conversation at OpenAI.")]
JobId = Annotated[str, Path(max_length=100, description="The number that sync_chats answered.")]


@operations.operation("GET", "/status", wording=wording.SHOW_STATUS, rare=True)
async def show_openai_status(service: Conversations) -> StatusAnswer:
    """Show whether OpenAI's models can be used."""
    return await service.operations.show_status()


@operations.operation(
    "POST",
    "/conversations",
    wording=wording.CREATE_CHAT,
    rare=True,
    preview="operations.preview_create",
    destructive=False,
    status_code=201,
)
async def create_chat(service: Conversations, order: ChatOrder) -> CreatedAnswer:
    """Start a conversation with an OpenAI model, at the person's cost. Read its answer with read_chat."""
    return await service.operations.create_chat(order)


@operations.operation(
    "POST",
    "/conversations/{conversation_id}/messages",
    wording=wording.SEND_MESSAGE,
    rare=True,
    preview="operations.preview_send",
    destructive=False,
    keep_nulls=True,
)
async def send_message(service: Conversations, conversation_id: ChatId, order: MessageOrder) -> MessageAnswer:
    """Send a message in a conversation with an OpenAI model, at the person's cost, and read the answer."""
    return await service.operations.send_message(conversation_id, order)


@operations.operation(
    "POST",
    "/chat/completions",
    wording=wording.COMPLETE_CHAT,
    rare=True,
    preview="operations.preview_complete",
    destructive=False,
    largest_body=LARGEST_QUESTION,
    keep_nulls=True,
    long=True,
)
async def complete_chat(service: Conversations, order: CompletionOrder) -> CompletionAnswer:
    """Ask an OpenAI model something, at the person's cost. With a project the exchange is kept as a conversation."""
    return await service.operations.complete_chat(order)


@operations.operation(
    "POST",
    "/sync",
    wording=wording.SYNC_CHATS,
    preview="sync_operations.preview_sync",
    destructive=False,
    idempotent=True,
    rare=True,
    status_code=202,
)
async def sync_chats(service: Conversations, order: SyncOrder | None = None) -> SyncAccepted:
    """Create a conversation at OpenAI for each one here that has none there. It goes on in the background: read_sync."""
    return await service.sync_operations.sync_chats(order or SyncOrder())


@operations.operation("GET", "/sync/{job_id}", wording=wording.READ_SYNC, rare=True)
async def read_sync(service: Conversations, job_id: JobId) -> SyncAnswer:
    """Look how far sync_chats is, and what could not be copied."""
    return await service.sync_operations.read_sync(job_id)


@operations.operation("DELETE", "/sync/{job_id}", wording=wording.CANCEL_SYNC, changes=False, destructive=True, rare=True)
async def cancel_sync(service: Conversations, job_id: JobId) -> SyncAnswer:
    """End sync_chats. What was copied stays at OpenAI."""
    return await service.sync_operations.cancel_sync(job_id)


@operations.operation("GET", "/projects", wording=wording.LIST_PROJECTS, rare=True)
async def list_projects(service: Conversations) -> ProjectsAnswer:
    """List the projects of conversations; 1 is the default one."""
    return await service.projects.list_projects()


@operations.operation(
    "POST",
    "/projects",
    wording=wording.CREATE_PROJECTS,
    preview="projects.preview_create",
    destructive=False,
    rare=True,
    status_code=201,
)
async def create_project(service: Conversations, order: ProjectOrder) -> ProjectAnswer:
    """Create a project for conversations."""
    return await service.projects.create_project(order)


@deliveries.operation("POST", "/manual", wording=wording.STORE_CHAT, ingests=True, rare=True)
async def store_chat(service: Conversations, order: ManualOrder) -> ManualAnswer:
    """Add a conversation or a message to those on this computer; the same one sent again changes nothing."""
    return await service.received.store_manually(order, current_call.get().client_id)
