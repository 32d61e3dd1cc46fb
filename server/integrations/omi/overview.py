"""Puts together what the person sees of OMI."""

import json
from collections.abc import Iterable

from server.core.errors import NotFound
from server.integrations.omi.models import Kind
from server.integrations.omi.payload import read_conversation, read_object, read_segments
from server.integrations.omi.service import Wearable, make_path
from server.integrations.omi.store import action_items, audio, conversations, day_summaries, deliveries, sources, transcripts
from server.integrations.omi.transcript import Segment
from server.integrations.omi.views import (
    ConversationView,
    Counts,
    LastArrival,
    LiveSegment,
    LiveView,
    OmiAddresses,
    OmiView,
    SigningView,
    SourceView,
    TodoView,
)

MOST_LAST = 20
MOST_LIVE = 100
MOST_SEGMENTS = 5_000  # of a conversation that are shown
NO_CONVERSATION = "This conversation is not here any more."


async def view_all(wearable: Wearable) -> OmiView:
    """OMI as a whole."""
    database, doorway = wearable.context.database, wearable.doorway
    segment, base = await doorway.segment(), wearable.context.address.public
    addresses = {str(kind): base + make_path(kind, segment) for kind in Kind} if segment else {}
    found = [SourceView.model_validate(row) for row in await database.read(sources.read_all)]
    last = [LastArrival.model_validate(row) for row in await database.read(deliveries.read_last, MOST_LAST)]
    return OmiView(
        addresses=OmiAddresses.model_validate(addresses),
        here_only=wearable.context.address.is_here_only(),
        secret=SigningView(is_set=await doorway.is_signing(), previous_until=doorway.previous_until()),
        last=last,
        counts=Counts(
            conversations=await database.read(conversations.count),
            action_items=await database.read(action_items.count_open),
            day_summaries=await database.read(day_summaries.count),
            sound_bytes=await database.read(audio.measure),
            waiting=await database.read(sources.count_waiting),
        ),
        sources=found,
    )


async def view_live(wearable: Wearable) -> LiveView:
    """The latest stretch of talk."""
    database = wearable.context.database
    latest = await database.read(transcripts.find_latest)
    if latest is None:
        return LiveView(session=None, at=None, segments=[])
    told = await database.read(transcripts.read, latest["uid"], latest["session"], MOST_LIVE)
    return LiveView(session=latest["session"], at=latest["at"], segments=view_segments(told))


async def view_conversation(wearable: Wearable, conversation_id: str) -> ConversationView:
    """A conversation with every word. Raises NotFound."""
    database = wearable.context.database
    row = await database.read(conversations.read, conversation_id)
    if row is None:
        raise NotFound(NO_CONVERSATION)
    body = read_object(json.loads(row["body"]))
    told, segments = read_conversation(body), read_segments(body.get("transcript_segments"))
    todos = await database.read(action_items.read_of, row["uid"], row["id"])
    known = {name: row[name] for name in ("id", "uid", "title", "category", "overview", "created_at")}
    return ConversationView(
        **known,
        emoji=told.emoji,
        started_at=told.started_at,
        finished_at=told.finished_at,
        todos=[TodoView.model_validate(todo) for todo in todos],
        segments=view_segments(segments[:MOST_SEGMENTS]),
        text="" if segments else told.transcript,
    )


def view_segments(segments: Iterable[Segment]) -> list[LiveSegment]:
    """What was said, as it is shown."""
    return [
        LiveSegment(id=one.id, speaker=one.who, is_user=one.is_user, text=one.text, start=one.start, end=one.end)
        for one in segments
        if one.text
    ]
