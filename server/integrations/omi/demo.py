"""Demo mode: a fake OMI platform delivers made-up conversations, as the real one does.

One of its accounts has been accepted; another is new, so that an approval request waits. With DESKHAND_DEMO_OMI=quiet nothing is
set up and nothing is delivered.
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
from server.integrations.omi.service import make_authenticator, make_path
from server.integrations.omi.store import conversations, sources
from server.integrations.omi.store.tables import count
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
    """Give the fake platform the addresses, and accept one of its accounts."""
    authenticator, now = make_authenticator(context), context.clock.now().isoformat()
    secret_path = await authenticator.secret_path() or await authenticator.make_secret_path()
    secret = await context.secrets.get("omi/signing") or f"whsec_{secrets.token_urlsafe(32)}"  # if none is set, any will do
    if await context.database.read(sources.find, OWN_UID) is None:
        account = {"uid": OWN_UID, "state": SourceState.accepted, "question": f"omi-{secrets.token_urlsafe(9)}"}
        row = {**account, "first_at": now, "last_at": now, "first_kind": Kind.memory, "form": "your secret address"}
        await context.database.write(sources.add, row)
    platform = Platform(secret, timing=TIMING)
    platform.hooks = {event: Hook(context.address.own + make_path(kind, secret_path)) for event, kind in EVENTS.items()}
    return platform


async def deliver_all(context: Context, platform: Platform) -> None:
    """Deliver the conversations of the last days, once, and then a live transcript."""
    now = context.clock.now()
    try:
        async with platform.running():
            talks = list(make_conversations(now))
            is_first_start = not await context.database.read(count, conversations.COUNT)
            if is_first_start:
                for talk in talks:
                    await platform.deliver("memory_created", OWN_UID, talk)
                await platform.deliver("day_summary", OWN_UID, make_day(OWN_UID, now))
            for segments in make_live(f"{OWN_UID}-{now:%Y%m%d%H%M%S}"):
                await platform.deliver("realtime_transcript", OWN_UID, segments)
                await asyncio.sleep(LIVE_SECONDS)
            if is_first_start:  # last, so that the first request that a new user sees is the email of the demo's GPT
                await platform.deliver("memory_created", NEW_UID, {**talks[-1], "id": "neighbours-talk"})
    except Exception:  # the demo goes on without it
        log.exception("The stand-in for OMI could not deliver.")
