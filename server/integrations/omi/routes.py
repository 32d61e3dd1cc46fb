"""What clients call: what the person's OMI heard."""

import json
from typing import Annotated, Any

from fastapi import Body, Path, Query

from server.integrations.omi.memories import read_bound
from server.integrations.omi.models import (
    UID_PATTERN,
    ActionItemList,
    ConversationList,
    DaySummaryList,
    Done,
    Kept,
    Kind,
    LiveTranscript,
    Mark,
    WholeConversation,
)
from server.integrations.omi.parsers import Post
from server.integrations.omi.service import Wearable
from server.integrations.omi.store.conversations import Wanted
from server.sdk.operation import Effect, Operations, current_call
from server.sdk.services import provided

LARGEST_MEMORY = 4 * 1024 * 1024  # a day of talk
KEEPING: dict[str, Any] = {
    "scope": "write:memories",
    "ingests": True,
    "open_world": False,
    "largest_body": LARGEST_MEMORY,
}
memories = Operations(prefix="", title="OMI", open_world=True)  # who talks there may be anybody
Omi = Annotated[Wearable, provided(Wearable)]
ConversationId = Annotated[str, Path(max_length=200, description="The conversation's id, as list_conversations tells it.")]
ItemId = Annotated[str, Path(max_length=200, description="The action item's id, as list_action_items tells it.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many to leave out: next_offset of the page before.")]
Uid = Annotated[str, Query(pattern=UID_PATTERN, description="Whose it is, as OMI names the account.")]
Memory = Annotated[dict[str, Any], Body(description="A conversation, as OMI sends it.")]
Words = Annotated[
    str | None, Query(max_length=500, description="Words that all have to be in it: title, overview or transcript.")
]
Start = Annotated[str | None, Query(max_length=40, description="Only from this day or moment on, such as 2026-11-21 (UTC).")]
End = Annotated[
    str | None, Query(max_length=40, description="Only up to this day (all of it) or moment, such as 2026-11-21 (UTC).")
]
Category = Annotated[str | None, Query(max_length=40, description="Only of this kind, such as work, family or health.")]
Discarded = Annotated[bool, Query(description="Whether those are told too that OMI found to be nothing.")]
Completed = Annotated[bool | None, Query(description="Only what is done (true), or is not (false).")]
Session = Annotated[str | None, Query(max_length=200, description="Which stretch of talk; the latest where none is named.")]
From = Annotated[int, Query(ge=0, description="From which character of the transcript on: next_offset of the answer before.")]


async def preview_delete(omi: Omi, conversation_id: ConversationId) -> Effect:
    """Say which conversation would be removed."""
    return await omi.library.preview_delete(conversation_id)


async def preview_mark(omi: Omi, item_id: ItemId, mark: Mark) -> Effect:
    """Say what would be marked."""
    return await omi.library.preview_mark(item_id, mark)


async def keep(omi: Wearable, uid: str, memory: dict[str, Any]) -> None:
    """Take in what a client sends."""
    call = current_call.get()
    body = json.dumps(memory).encode()
    post = Post(Kind.memory, uid, body, "a client's key", client=call.client_id, client_name=call.client_name)
    await omi.intake.take(post)


@memories.operation(
    "GET",
    "/api/conversations",
    scope="read:memories",
    summary_templates=("look for {query} in the conversations", "list the conversations"),
)
async def list_conversations(  # noqa: PLR0913, PLR0917, each narrows the list in its own way
    omi: Omi,
    query: Words = None,
    start_date: Start = None,
    end_date: End = None,
    category: Category = None,
    include_discarded: Discarded = False,
    limit: Limit = 50,
    offset: Offset = 0,
) -> ConversationList:
    """List the conversations that the person's OMI wearable heard, the newest first; search them by words, days or kind."""
    start, end = read_bound(start_date, end=False), read_bound(end_date, end=True)
    words = tuple((query or "").casefold().split())
    return await omi.library.list_conversations(
        Wanted(limit, offset, start, end, (category or "").lower(), words, include_discarded)
    )


@memories.operation(
    "GET", "/api/conversations/{conversation_id}", scope="read:memories", summary_templates="read a conversation", keep_nulls=True
)
async def read_conversation(omi: Omi, conversation_id: ConversationId, offset: From = 0) -> WholeConversation:
    """Read what was said in a conversation, and what OMI made of it."""
    return await omi.library.read_conversation(conversation_id, offset)


@memories.operation(
    "DELETE",
    "/api/conversations/{conversation_id}",
    scope="write:memories",
    summary_templates="delete a conversation",
    idempotent=True,
    preview=preview_delete,
)
async def delete_conversation(omi: Omi, conversation_id: ConversationId) -> Done:
    """Delete a conversation for good, with what was to be done after it."""
    return await omi.library.delete_conversation(conversation_id)


@memories.operation("GET", "/api/action-items", scope="read:memories", summary_templates="list what is to be done")
async def list_action_items(omi: Omi, completed: Completed = None, limit: Limit = 50, offset: Offset = 0) -> ActionItemList:
    """List what is to be done after the person's conversations, the newest first."""
    return await omi.library.list_action_items(limit, offset, completed)


@memories.operation(
    "PUT",
    "/api/action-items/{item_id}",
    scope="write:memories",
    summary_templates="mark an action item",
    preview=preview_mark,
    destructive=False,
    idempotent=True,
)
async def mark_action_item(omi: Omi, item_id: ItemId, mark: Mark) -> Done:
    """Mark something that was to be done as done, or as still to be done. OMI itself is not told."""
    return await omi.library.mark_action_item(item_id, mark)


@memories.operation("GET", "/api/day-summaries", scope="read:memories", summary_templates="list the summaries of days")
async def list_day_summaries(
    omi: Omi, limit: Annotated[int, Query(ge=1, le=20, description="How many at most.")] = 7, offset: Offset = 0
) -> DaySummaryList:
    """List what the person's days were about, the newest first."""
    return await omi.library.list_day_summaries(limit, offset)


@memories.operation("GET", "/api/live-transcript", scope="read:memories", summary_templates="read what is being said")
async def read_live_transcript(omi: Omi, session_id: Session = None) -> LiveTranscript:
    """Read what is being said around the person's OMI wearable now, or was said last."""
    return await omi.library.read_live(session_id)


@memories.operation("POST", "/chatgpt/webhook/memory", summary_templates="hand over a conversation as OMI does", **KEEPING)
async def receive_memory(omi: Omi, memory: Memory, uid: Uid = "default_user") -> Kept:
    """Keep a conversation as OMI's webhook sends it; the same one sent again changes nothing."""
    await keep(omi, uid, memory)
    return Kept(status="success", message="Memory data received and logged")


@memories.operation("POST", "/chatgpt/memory", summary_templates="keep a conversation", **KEEPING)
async def store_memory(omi: Omi, memory: Memory, uid: Uid = "default_user") -> Kept:
    """Keep a conversation for the person; the same one sent again changes nothing."""
    await keep(omi, uid, memory)
    return Kept(message="Memory successfully received and stored")
