"""Conversations, action items and summaries, as clients read and change them."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from server.core.errors import InvalidInput, NotFound
from server.core.items import convert_item, convert_items
from server.core.local_time import name_zone, read_local
from server.core.text import tell_moment
from server.integrations.omi import summaries, wording
from server.integrations.omi.ingest import TOPIC
from server.integrations.omi.models import (
    ActionItem,
    ActionItemList,
    ConversationLine,
    ConversationList,
    DaySummaryList,
    Done,
    LiveTranscript,
    Mark,
    Structured,
    WholeConversation,
)
from server.integrations.omi.payload import Conversation, list_segment_ids, read_conversation, shorten
from server.integrations.omi.store import action_items, conversations, day_summaries, transcripts
from server.integrations.omi.store.conversations import ConversationQuery
from server.integrations.omi.transcript import write_transcript
from server.sdk.context import Context
from server.sdk.operation import Effect

LONGEST_OVERVIEW = 500  # characters in a list
LONGEST_TRANSCRIPT = 60_000  # characters in one answer
LONGEST_LIVE = 20_000
MOST_SEGMENTS = 500
UNREADABLE = "This could not be read here. The OMI app has it."
NO_CONVERSATION = "Conversation not found. list_conversations tells which there are."
NO_ITEM = "Action item not found. list_action_items tells which there are."
NO_DATE = "Write a date as 2026-11-21 or a moment as 2026-11-21T09:30:00Z."


class Memories:
    """Reads and changes what accepted uids have sent."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._database = context.database

    async def list_conversations(self, query: ConversationQuery) -> ConversationList:
        """List a page of conversations."""
        rows = await self._database.read(conversations.read_some, replace(query, limit=query.limit + 1))
        lines = convert_items(rows[: query.limit], view_line, make_unreadable_line)
        zone = name_zone(self._context.clock.now())
        return ConversationList(conversations=lines, next_offset=find_next(rows, query.limit, query.offset), time_zone=zone)

    async def read_conversation(self, conversation_id: str, offset: int) -> WholeConversation:
        """Read a conversation. Raises NotFound, and InvalidInput if the offset is beyond its end."""
        row = await self._find(conversation_id)
        content = await asyncio.to_thread(convert_item, row["body"], parse_stored, lambda _: None)
        return view_whole(row, content, offset) if content else make_unreadable_conversation(row)

    async def preview_delete(self, conversation_id: str) -> Effect:
        """Preview which conversation is removed."""
        row = await self._find(conversation_id)
        fields = (("Title", row["title"]), ("When", tell_moment(row["created_at"])), ("Id", row["id"]))
        return Effect(wording.DELETE_NAMED.fill(title=row["title"] or row["id"]), fields)

    async def delete_conversation(self, conversation_id: str) -> Done:
        """Remove a conversation for good. Raises NotFound."""
        row = await self._find(conversation_id)
        segments = await asyncio.to_thread(convert_item, row["body"], list_segment_ids, lambda _: [])
        now = self._context.clock.now().isoformat()
        await self._database.write(conversations.remove, row["uid"], row["id"], now, segments)
        self._context.events.publish(TOPIC)
        return Done(success=True, message="The conversation is deleted here. The OMI app still has its own.")

    async def list_action_items(self, limit: int, offset: int, completed: bool | None) -> ActionItemList:
        """List a page of action items."""
        rows = await self._database.read(action_items.read_some, limit + 1, offset, completed=completed)
        items = convert_items(rows[:limit], ActionItem.model_validate, make_unreadable_item)
        return ActionItemList(action_items=items, next_offset=find_next(rows, limit, offset))

    async def preview_mark(self, item_id: str, mark: Mark) -> Effect:
        """Preview which action item is marked."""
        item = await self._find_item(item_id)
        state = "done" if mark.completed else "still to be done"
        fields = (("Action item", item["description"]), ("Mark as", state), ("Conversation", item["conversation_id"]))
        return Effect(wording.MARK_DONE if mark.completed else wording.MARK_OPEN, fields)

    async def mark_action_item(self, item_id: str, mark: Mark) -> Done:
        """Mark an action item as done or not done. Raises NotFound."""
        await self._find_item(item_id)
        await self._database.write(action_items.mark, item_id, completed=mark.completed)
        self._context.events.publish(TOPIC)
        return Done(success=True, message=f"It is marked as {'done' if mark.completed else 'still to be done'}.")

    async def list_day_summaries(self, limit: int, offset: int) -> DaySummaryList:
        """List a page of day summaries."""
        rows = await self._database.read(day_summaries.read_some, limit + 1, offset)
        days = convert_items(
            rows[:limit],
            lambda row: summaries.view(row["id"], row["date"], json.loads(row["body"])),
            lambda row: summaries.make_unreadable(str(row["id"]), str(row["date"]), UNREADABLE),
        )
        return DaySummaryList(day_summaries=days, next_offset=find_next(rows, limit, offset))

    async def read_live(self, session: str | None) -> LiveTranscript:
        """Read the latest words of a session; None: of the latest one."""
        latest = await self._database.read(transcripts.find_latest, session)
        if latest is None:
            return LiveTranscript(session_id=session or "", updated_at="", transcript="")
        segments = await self._database.read(transcripts.read, latest["uid"], latest["session"], MOST_SEGMENTS)
        text = write_transcript(segments)
        text = text if len(text) <= LONGEST_LIVE else f"…{text[1 - LONGEST_LIVE :]}"
        return LiveTranscript(session_id=latest["session"], updated_at=latest["at"], transcript=text)

    async def _find(self, conversation_id: str) -> Mapping[str, Any]:
        row = await self._database.read(conversations.read, conversation_id)
        if row is None:
            raise NotFound(NO_CONVERSATION)
        return row

    async def _find_item(self, item_id: str) -> Mapping[str, Any]:
        row = await self._database.read(action_items.read, item_id)
        if row is None:
            raise NotFound(NO_ITEM)
        return row


def find_next(rows: list[Mapping[str, Any]], limit: int, offset: int) -> int | None:
    """Return the offset of the next page; None on the last one."""
    return offset + limit if len(rows) > limit else None


def view_line(row: Mapping[str, Any]) -> ConversationLine:
    """View a conversation in a list."""
    texts = {name: shorten(row[name], LONGEST_OVERVIEW) for name in ("title", "overview")}
    return ConversationLine(**texts, **{name: row[name] for name in ("id", "created_at", "category")})


def make_unreadable_line(row: Mapping[str, Any]) -> ConversationLine:
    """Make the line of a conversation that cannot be viewed."""
    known = {name: str(row[name]) for name in ("id", "created_at")}
    return ConversationLine(**known, title="", category="other", overview="", problem=UNREADABLE)


def make_unreadable_item(row: Mapping[str, Any]) -> ActionItem:
    """Make the entry of an action item that cannot be viewed."""
    known = {name: str(row[name]) for name in ("id", "conversation_id", "created_at")}
    return ActionItem(**known, description="", completed=False, problem=UNREADABLE)


def make_unreadable_conversation(row: Mapping[str, Any]) -> WholeConversation:
    """Make what stands for a conversation that cannot be read."""
    return WholeConversation(
        id=str(row["id"]),
        created_at=str(row["created_at"]),
        started_at=None,
        finished_at=None,
        transcript="",
        structured=Structured(title="", overview="", emoji="", category="other"),
        problem=UNREADABLE,
    )


def parse_stored(body: str) -> Conversation:
    """Parse a conversation as it was delivered."""
    return read_conversation(json.loads(body))


def view_whole(row: Mapping[str, Any], content: Conversation, offset: int) -> WholeConversation:
    """View a conversation, with its transcript from an offset on."""
    if offset > len(content.transcript):
        raise InvalidInput(f"The transcript has {len(content.transcript)} characters, so it cannot be read from {offset} on.")
    end = offset + LONGEST_TRANSCRIPT
    goes_on = end < len(content.transcript)
    return WholeConversation(
        id=row["id"],
        created_at=row["created_at"],
        started_at=content.started_at,
        finished_at=content.finished_at,
        transcript=content.transcript[offset:end],
        structured=Structured(
            title=content.title, overview=shorten(content.overview, 10_000), emoji=content.emoji[:100], category=content.category
        ),
        truncated=goes_on,
        next_offset=end if goes_on else None,
    )


def read_bound(text: str | None, *, end: bool) -> str:
    """Parse one end of a period, in UTC; a date means the whole day, in local time. Raises InvalidInput."""
    if not text:
        return ""
    try:
        return read_local(text, end=end).astimezone(UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        raise InvalidInput(NO_DATE) from None
