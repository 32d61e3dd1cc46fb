"""Puts together what the person sees of OMI."""

from server.integrations.omi.models import Kind
from server.integrations.omi.service import Wearable, make_path
from server.integrations.omi.store import action_items, arrivals, conversations, days, sound, sources, transcripts
from server.integrations.omi.views import (
    Counts,
    LastArrival,
    LiveSegment,
    LiveView,
    OmiAddresses,
    OmiView,
    SigningView,
    SourceView,
)

MOST_LAST = 20
MOST_LIVE = 100


async def view_all(wearable: Wearable) -> OmiView:
    """OMI as a whole."""
    database, doorway = wearable.context.database, wearable.doorway
    segment, base = await doorway.segment(), wearable.context.address.public
    addresses = {str(kind): base + make_path(kind, segment) for kind in Kind} if segment else {}
    found = [SourceView.model_validate(row) for row in await database.read(sources.read_all)]
    last = [LastArrival.model_validate(row) for row in await database.read(arrivals.read_last, MOST_LAST)]
    return OmiView(
        addresses=OmiAddresses.model_validate(addresses),
        here_only=wearable.context.address.is_here_only(),
        secret=SigningView(is_set=await doorway.is_signing(), previous_until=doorway.previous_until()),
        last=last,
        counts=Counts(
            conversations=await database.read(conversations.count),
            action_items=await database.read(action_items.count_open),
            day_summaries=await database.read(days.count),
            sound_bytes=await database.read(sound.measure),
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
    segments = [
        LiveSegment(id=one.id, speaker=one.who, is_user=one.is_user, text=one.text, start=one.start, end=one.end) for one in told
    ]
    return LiveView(session=latest["session"], at=latest["at"], segments=segments)
