"""Operations on the conversations that OMI heard."""

import json
from typing import Annotated, Any

from fastapi import Body, Path, Query

from server.integrations.omi import wording
from server.integrations.omi.memories import read_bound
from server.integrations.omi.models import (
    UID_PATTERN,
    ActionItemList,
    ConversationList,
    DaySummaryList,
    Done,
    Kind,
    LiveTranscript,
    Mark,
    MemoryReceipt,
    WholeConversation,
)
from server.integrations.omi.parsers import IncomingDelivery
from server.integrations.omi.service import OmiService
from server.integrations.omi.store.conversations import ConversationQuery
from server.sdk.operation import Operations, current_call
from server.sdk.services import provided

LARGEST_MEMORY = 4 * 1024 * 1024  # a day of talk
INGESTING: dict[str, Any] = {
    "ingests": True,
    "open_world": False,
    "largest_body": LARGEST_MEMORY,
}
SCOPES = ("read:memories", "write:memories")
operations = Operations(prefix="", title="OMI", open_world=True, scopes=SCOPES)  # who talks there may be anybody
Omi = Annotated[OmiService, provided(OmiService)]
ConversationId = Annotated[str, Path(max_length=200, description="The conversation's id, as list_conversations tells it.")]
ItemId = Annotated[str, Path(max_length=200, description="The action item's id, as list_action_items tells it.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many to leave out: next_offset of the page before.")]
Uid = Annotated[str, Query(pattern=UID_PATTERN, description="The OMI account (uid).")]
Memory = Annotated[dict[str, Any], Body(description="A conversation, as OMI sends it.")]
Words = Annotated[
    str | None, Query(max_length=500, description="Words that all have to be in it: title, overview or transcript.")
]
Start = Annotated[
    str | None,
    Query(max_length=40, description="Only from this day or moment on, in the person's time: 2026-11-21."),
]
End = Annotated[
    str | None,
    Query(max_length=40, description="Only up to this day (all of it) or moment, in the person's time: 2026-11-21."),
]
Category = Annotated[str | None, Query(max_length=40, description="Only of this kind, such as work, family or health.")]
Discarded = Annotated[bool, Query(description="Whether those are told too that OMI found to be nothing.")]
Completed = Annotated[bool | None, Query(description="Only what is done (true), or is not (false).")]
Session = Annotated[str | None, Query(max_length=200, description="Session of the transcript. Default: the latest.")]
From = Annotated[int, Query(ge=0, description="From which character of the transcript on: next_offset of the answer before.")]


async def ingest(omi: OmiService, uid: str, memory: dict[str, Any]) -> None:
    """Store a conversation that a client sends."""
    call = current_call.get()
    body = json.dumps(memory).encode()
    delivery = IncomingDelivery(Kind.memory, uid, body, "a client's key", client=call.client_id, client_name=call.client_name)
    await omi.ingest.take(delivery)


@operations.operation("GET", "/api/conversations", wording=wording.LIST)
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
    return await omi.memories.list_conversations(
        ConversationQuery(limit, offset, start, end, (category or "").lower(), words, include_discarded)
    )


@operations.operation("GET", "/api/conversations/{conversation_id}", wording=wording.READ, keep_nulls=True)
async def read_conversation(omi: Omi, conversation_id: ConversationId, offset: From = 0) -> WholeConversation:
    """Read what was said in a conversation, and what OMI made of it."""
    return await omi.memories.read_conversation(conversation_id, offset)


@operations.operation(
    "DELETE",
    "/api/conversations/{conversation_id}",
    wording=wording.DELETE,
    idempotent=True,
    preview="memories.preview_delete",
    rare=True,
)
async def delete_conversation(omi: Omi, conversation_id: ConversationId) -> Done:
    """Delete a conversation for good, with what was to be done after it."""
    return await omi.memories.delete_conversation(conversation_id)


@operations.operation("GET", "/api/action-items", wording=wording.LIST_TODOS)
async def list_action_items(omi: Omi, completed: Completed = None, limit: Limit = 50, offset: Offset = 0) -> ActionItemList:
    """List what is to be done after the person's conversations, the newest first."""
    return await omi.memories.list_action_items(limit, offset, completed)


@operations.operation(
    "PUT",
    "/api/action-items/{item_id}",
    wording=wording.MARK,
    preview="memories.preview_mark",
    destructive=False,
    idempotent=True,
)
async def mark_action_item(omi: Omi, item_id: ItemId, mark: Mark) -> Done:
    """Mark something that was to be done as done, or as still to be done. OMI itself is not told."""
    return await omi.memories.mark_action_item(item_id, mark)


@operations.operation("GET", "/api/day-summaries", wording=wording.LIST_SUMMARIES)
async def list_day_summaries(
    omi: Omi, limit: Annotated[int, Query(ge=1, le=20, description="How many at most.")] = 7, offset: Offset = 0
) -> DaySummaryList:
    """List what the person's days were about, the newest first."""
    return await omi.memories.list_day_summaries(limit, offset)


@operations.operation("GET", "/api/live-transcript", wording=wording.LIVE)
async def read_live_transcript(omi: Omi, session_id: Session = None) -> LiveTranscript:
    """Read what is being said around the person's OMI wearable now, or was said last."""
    return await omi.memories.read_live(session_id)


@operations.operation("POST", "/chatgpt/webhook/memory", wording=wording.ADD, **INGESTING)
async def receive_memory(omi: Omi, memory: Memory, uid: Uid = "default_user") -> MemoryReceipt:
    """Keep a conversation as OMI's webhook sends it; the same one sent again changes nothing."""
    await ingest(omi, uid, memory)
    return MemoryReceipt(status="success", message="Memory data received and logged")


@operations.operation("POST", "/chatgpt/memory", wording=wording.ADD, **INGESTING)
async def store_memory(omi: Omi, memory: Memory, uid: Uid = "default_user") -> MemoryReceipt:
    """Keep a conversation for the person; the same one sent again changes nothing."""
    await ingest(omi, uid, memory)
    return MemoryReceipt(message="Memory successfully received and stored")
