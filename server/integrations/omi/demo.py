"""Demo mode: a stand-in for OMI's platform delivers what made-up people said, as the real one does.

One of its accounts has been accepted; another is new, so that a question waits. With DESKHAND_DEMO_OMI=quiet nothing is delivered
and nothing is set up, for whoever wants to do that.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from server.integrations.omi.fake import Hook, Platform, Timing
from server.integrations.omi.fake.sample_data import make_conversations, make_day, make_live
from server.integrations.omi.models import Kind, SourceState
from server.integrations.omi.service import make_path
from server.integrations.omi.store import conversations, sources
from server.integrations.omi.webhook_auth import SECRET, Doorway
from server.sdk.context import Context

log = logging.getLogger(__name__)

OWN_UID, NEW_UID = "demo_alex", "demo_neighbour"
LIVE_SECONDS = 3.0  # between two lines
TIMING = Timing(retry_seconds=(0.2, 0.5, 1, 3))  # the server that is delivered to is starting still
EVENTS = {
    "memory_created": Kind.memory,
    "realtime_transcript": Kind.transcript,
    "day_summary": Kind.day_summary,
    "audio_bytes": Kind.audio,
    "button_event": Kind.button,
}


@asynccontextmanager
async def serve_fake(context: Context) -> AsyncIterator[None]:
    """Deliver while the block runs."""
    if os.environ.get("DESKHAND_DEMO_OMI") == "quiet":
        yield
        return
    platform = await set_up(context)
    delivering = asyncio.create_task(deliver_all(context, platform))
    try:
        yield
    finally:
        delivering.cancel()
        with suppress(asyncio.CancelledError):
            await delivering


async def set_up(context: Context) -> Platform:
    """Paste the addresses into the stand-in, and have one of its accounts accepted."""
    doorway, now = Doorway(context), context.clock.now().isoformat()
    segment = await doorway.segment() or await doorway.make_segment()
    secret = await context.secrets.get(SECRET) or f"whsec_{secrets.token_urlsafe(32)}"  # without one here, anybody may try
    if await context.database.read(sources.find, OWN_UID) is None:
        told = {"uid": OWN_UID, "state": SourceState.accepted, "question": f"omi-{secrets.token_urlsafe(9)}"}
        row = {**told, "first_at": now, "last_at": now, "first_kind": Kind.memory, "form": "your secret address"}
        await context.database.write(sources.add, row)
    platform = Platform(secret, timing=TIMING)
    platform.hooks = {event: Hook(context.address.own + make_path(kind, segment)) for event, kind in EVENTS.items()}
    return platform


async def deliver_all(context: Context, platform: Platform) -> None:
    """Deliver what was said in the last days, once, and then what is being said."""
    now = context.clock.now()
    try:
        async with platform.running():
            if not await context.database.read(conversations.count):
                talks = list(make_conversations(now))
                for talk in talks:
                    await platform.deliver("memory_created", OWN_UID, talk)
                await platform.deliver("day_summary", OWN_UID, make_day(OWN_UID, now))
                await platform.deliver("memory_created", NEW_UID, {**talks[-1], "id": "neighbours-talk"})
            for words in make_live(f"{OWN_UID}-{now:%Y%m%d%H%M%S}"):
                await platform.deliver("realtime_transcript", OWN_UID, words)
                await asyncio.sleep(LIVE_SECONDS)
    except Exception:  # the demo goes on without it
        log.exception("The stand-in for OMI could not deliver.")
