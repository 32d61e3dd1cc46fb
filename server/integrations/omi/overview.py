"""Views of OMI for the window and the command line."""

import json
from collections.abc import Iterable

from server.core.errors import NotFound
from server.core.items import convert_item
from server.integrations.omi.models import Kind
from server.integrations.omi.payload import read_conversation, read_object, read_segments
from server.integrations.omi.service import OmiService, make_path
from server.integrations.omi.store import (
    action_items,
    aside,
    audio,
    conversations,
    day_summaries,
    deliveries,
    sources,
    transcripts,
)
from server.integrations.omi.store.tables import count
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


async def view_all(omi: OmiService) -> OmiView:
    """View OMI as a whole."""
    database, authenticator = omi.context.database, omi.authenticator
    secret_path, base = await authenticator.secret_path(), omi.context.address.public
    addresses = {str(kind): base + make_path(kind, secret_path) for kind in Kind} if secret_path else {}
    return OmiView(
        addresses=OmiAddresses.model_validate(addresses),
        here_only=omi.context.address.is_here_only(),
        secret=SigningView(is_set=await authenticator.is_signing(), previous_until=authenticator.previous_until()),
        last=[LastArrival.model_validate(row) for row in await database.read(deliveries.read_last, MOST_LAST)],
        counts=Counts(
            conversations=await database.read(count, conversations.COUNT),
            action_items=await database.read(count, action_items.COUNT_OPEN),
            day_summaries=await database.read(count, day_summaries.COUNT),
            sound_bytes=await database.read(count, audio.SIZE),
            waiting=await database.read(count, sources.COUNT_WAITING),
            aside=await database.read(count, aside.COUNT),
        ),
        sources=[SourceView.model_validate(row) for row in await database.read(sources.read_all)],
    )


async def view_live(omi: OmiService) -> LiveView:
    """View the latest session."""
    database = omi.context.database
    latest = await database.read(transcripts.find_latest)
    if latest is None:
        return LiveView(session=None, at=None, segments=[])
    segments = await database.read(transcripts.read, latest["uid"], latest["session"], MOST_LIVE)
    return LiveView(session=latest["session"], at=latest["at"], segments=view_segments(segments))


async def view_conversation(omi: OmiService, conversation_id: str) -> ConversationView:
    """View a conversation with every word. Raises NotFound."""
    database = omi.context.database
    row = await database.read(conversations.read, conversation_id)
    if row is None:
        raise NotFound(NO_CONVERSATION)
    body = read_object(convert_item(row["body"], json.loads, lambda _: None))
    content, segments = read_conversation(body), read_segments(body.get("transcript_segments"))
    todos = await database.read(action_items.read_of, row["uid"], row["id"])
    return ConversationView(
        **{name: row[name] for name in ("id", "uid", "title", "category", "overview", "created_at")},
        emoji=content.emoji,
        started_at=content.started_at,
        finished_at=content.finished_at,
        todos=[TodoView.model_validate(todo) for todo in todos],
        segments=view_segments(segments[:MOST_SEGMENTS]),
        text="" if segments else content.transcript,
    )


def view_segments(segments: Iterable[Segment]) -> list[LiveSegment]:
    """View segments that have text."""
    return [LiveSegment.model_validate(vars(segment) | {"speaker": segment.who}) for segment in segments if segment.text]
