"""Local routes that delete conversations, and undo that."""

from typing import Annotated

from fastapi import Query

from server.integrations.conversations.service import ConversationsService
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

local = DeferredRouter(prefix="/api/chats", tags=["Conversations"])
Conversations = Annotated[ConversationsService, provided(ConversationsService)]


@local.delete("/{chat_id}", status_code=204)
async def delete_chat(
    conversations: Conversations,
    chat_id: str,
    at_openai: Annotated[bool, Query(description="Whether it is deleted at OpenAI, too, once it cannot be restored.")] = False,
) -> None:
    """Deletes a conversation. For a while it can be restored."""
    await conversations.deletion.delete(chat_id, at_openai=at_openai)


@local.post("/{chat_id}/restore", status_code=204)
async def restore_chat(conversations: Conversations, chat_id: str) -> None:
    """Undoes the deletion of a conversation."""
    await conversations.deletion.restore(chat_id)
