"""What the OMI wearable heard: what comes in, whose it is, and what is read of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from server.integrations.omi.ingest import TOPIC, Intake
from server.integrations.omi.memories import Library
from server.integrations.omi.models import Kind, OmiSettings
from server.integrations.omi.recordings import Recordings
from server.integrations.omi.sources import Sources
from server.integrations.omi.store import audio, conversations, day_summaries, deliveries, transcripts
from server.integrations.omi.webhook_auth import SECTION, Doorway
from server.sdk.context import Context
from server.sdk.health import Health

log = logging.getLogger(__name__)

SOUND_FOLDER = "omi"
MEGABYTE = 1_000_000
NOT_SET_UP = "For an OMI wearable; not set up"
LONG_AGO = "0001"  # before every moment


@dataclass
class Wearable(Health):
    """OMI by its parts. `conversations`, `has_address`: as they were when somebody looked last."""

    context: Context
    doorway: Doorway
    sources: Sources
    intake: Intake
    library: Library
    recordings: Recordings
    conversations: int = 0
    has_address: bool = False

    @property
    def summary(self) -> str:
        """How much was heard, in a few words. Who has no wearable is asked for nothing, so there is no setup hint."""
        if not self.has_address and not self.conversations:
            return NOT_SET_UP
        heard = f"{self.conversations} {'conversation' if self.conversations == 1 else 'conversations'}"
        waiting = self.sources.waiting
        return f"{heard}, {waiting} {'account waits' if waiting == 1 else 'accounts wait'} for your word" if waiting else heard

    async def refresh(self) -> None:
        """See how much there is now."""
        self.conversations = await self.context.database.read(conversations.count)
        self.has_address = await self.doorway.has_segment()
        await self.sources.load()

    async def list_addresses(self) -> dict[str, str]:
        """What one pastes into the OMI app, as paths; nothing until it was made."""
        segment = await self.doorway.segment() if await self.doorway.has_segment() else None
        return {f"omi_{NAMES[kind]}": make_path(kind, segment) for kind in Kind} if segment else {}

    async def make_address(self) -> None:
        """Make the address, or another one."""
        await self.doorway.make_segment()
        self.context.events.publish(TOPIC)
        self.context.events.publish("addresses")

    async def set_secret(self, secret: str | None) -> None:
        """Take another signing secret, or none."""
        await self.doorway.set_secret(secret)
        self.context.events.publish(TOPIC)

    async def sweep(self) -> None:
        """Remove what is not to be kept any longer."""
        settings, now = self.context.settings.read(SECTION, OmiSettings), self.context.clock.now()
        database, before = self.context.database, LONG_AGO
        await database.write(deliveries.forget_old, (now - timedelta(days=settings.delivery_days)).isoformat())
        if settings.keep_days:
            before = (now - timedelta(days=settings.keep_days)).isoformat()
            for forget in (conversations.forget_old, transcripts.forget_old, day_summaries.forget_old):
                await database.write(forget, before)
        gone = await database.write(audio.forget_old, before, settings.sound_megabytes * MEGABYTE)
        await asyncio.to_thread(self.recordings.remove, gone)

    async def keep_sweeping(self) -> None:
        """Sweep now and then."""
        while True:
            try:
                await self.sweep()
            except Exception:  # the next one may do better
                log.exception("What OMI sent long ago could not be removed.")
            await asyncio.sleep(self.context.settings.read(SECTION, OmiSettings).sweep_minutes * 60)


NAMES = {
    Kind.memory: "webhook",
    Kind.transcript: "transcript",
    Kind.day_summary: "day_summary",
    Kind.audio: "audio",
    Kind.button: "button",
}


def make_path(kind: Kind, segment: str) -> str:
    """The path of the address for deliveries of a kind."""
    return f"/chatgpt/webhook/{kind.replace('_', '-')}/{segment}"


def make_wearable(context: Context) -> Wearable:
    """Put it together."""
    recordings = Recordings(context.folders.files / SOUND_FOLDER)
    sources = Sources(context, recordings)
    return Wearable(context, Doorway(context), sources, Intake(context, recordings, sources.ask), Library(context), recordings)


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[Wearable]:
    """Take in what OMI sends, and ask the person about who is new."""
    wearable = make_wearable(context)
    await wearable.sources.load()
    context.approval_requests.add(wearable.sources)
    sweeping = asyncio.create_task(wearable.keep_sweeping())
    try:
        yield wearable
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
