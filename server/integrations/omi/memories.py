"""Conversations, action items and summaries, as clients read and change them."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from server.core.errors import InvalidInput, NotFound
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
from server.integrations.omi.payload import Conversation, read_conversation
from server.integrations.omi.store import action_items, conversations, day_summaries, transcripts
from server.integrations.omi.store.conversations import ConversationQuery
from server.integrations.omi.transcript import write_transcript
from server.sdk.context import Context
from server.sdk.operation import Effect

log = logging.getLogger(__name__)
View = TypeVar("View")

LONGEST_OVERVIEW = 500  # characters in a list
LONGEST_TRANSCRIPT = 60_000  # characters in one answer
LONGEST_LIVE = 20_000
MOST_SEGMENTS = 500
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
        lines = view_each(rows[: query.limit], view_line)
        return ConversationList(conversations=lines, next_offset=find_next(rows, query.limit, query.offset))

    async def read_conversation(self, conversation_id: str, offset: int) -> WholeConversation:
        """Read a conversation. Raises NotFound, and InvalidInput if the offset is beyond its end."""
        row = await self._find(conversation_id)
        return view_whole(row, read_conversation(json.loads(row["body"])), offset)

    async def preview_delete(self, conversation_id: str) -> Effect:
        """Preview which conversation is removed."""
        row = await self._find(conversation_id)
        fields = (("Title", row["title"]), ("When", tell_moment(row["created_at"])), ("Id", row["id"]))
        return Effect(wording.DELETE_NAMED.fill(title=row["title"] or row["id"]), fields)

    async def delete_conversation(self, conversation_id: str) -> Done:
        """Remove a conversation for good. Raises NotFound."""
        row = await self._find(conversation_id)
        await self._database.write(conversations.remove, row["uid"], row["id"], self._context.clock.now().isoformat())
        self._context.events.publish(TOPIC)
        return Done(success=True, message="The conversation is deleted here. The OMI app still has its own.")

    async def list_action_items(self, limit: int, offset: int, completed: bool | None) -> ActionItemList:
        """List a page of action items."""
        rows = await self._database.read(action_items.read_some, limit + 1, offset, completed=completed)
        items = view_each(rows[:limit], ActionItem.model_validate)
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
        days = view_each(rows[:limit], lambda row: summaries.view(row["id"], row["date"], json.loads(row["body"])))
        return DaySummaryList(day_summaries=days, next_offset=find_next(rows, limit, offset))

    async def read_live(self, session: str | None) -> LiveTranscript:
        """Read the latest words of a session; None: of the latest one."""
        latest = await self._database.read(transcripts.find_latest, session)
        if latest is None:
            return LiveTranscript(session_id=session or "", updated_at="", transcript="")
        segments = await self._database.read(transcripts.read, latest["uid"], latest["session"], MOST_SEGMENTS)
        text = write_transcript(segments)[-LONGEST_LIVE:]
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


def view_each(rows: Iterable[Mapping[str, Any]], view: Callable[[Mapping[str, Any]], View]) -> list[View]:
    """View the rows of a list. A row that cannot be viewed is left out, so that the others can be read."""
    views = []
    for row in rows:
        try:
            views.append(view(row))
        except Exception:  # whatever was sent years ago, the list has to open
            log.exception("Something that OMI sent cannot be shown.")
    return views


def view_line(row: Mapping[str, Any]) -> ConversationLine:
    """View a conversation in a list."""
    overview = row["overview"]
    short = overview if len(overview) <= LONGEST_OVERVIEW else overview[: LONGEST_OVERVIEW - 1] + "…"
    columns = {name: row[name] for name in ("id", "created_at", "category")}
    return ConversationLine(title=row["title"][:LONGEST_OVERVIEW], overview=short, **columns)


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
            title=content.title, overview=content.overview[:10_000], emoji=content.emoji[:100], category=content.category
        ),
        truncated=goes_on,
        next_offset=end if goes_on else None,
    )


def read_bound(text: str | None, *, end: bool) -> str:
    """Parse one end of a period, in UTC; a date means the whole day. Raises InvalidInput."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        whole_day = end and len(text) <= len("2026-11-21")
        return (moment.astimezone(UTC) + (timedelta(days=1) if whole_day else timedelta())).isoformat()
    except (ValueError, OverflowError):
        raise InvalidInput(NO_DATE) from None
