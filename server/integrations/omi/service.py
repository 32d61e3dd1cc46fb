"""OMI's service: ingest of deliveries, the accounts they come from, and what clients read."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from server.integrations.omi import signature
from server.integrations.omi.ingest import SECTION, TOPIC, Ingest
from server.integrations.omi.memories import Memories
from server.integrations.omi.models import Kind, OmiSettings
from server.integrations.omi.recordings import Recordings
from server.integrations.omi.sources import Sources
from server.integrations.omi.store import aside, audio, conversations, day_summaries, deliveries, texts, transcripts
from server.integrations.omi.store.tables import count, forget
from server.integrations.omi.transcript_search import OmiSearch
from server.sdk.context import Context
from server.sdk.health import Health
from server.sdk.text_search import TranscriptSearch
from server.sdk.webhook_auth import WebhookAuthenticator

log = logging.getLogger(__name__)

TITLE = "OMI"
AUDIO_FOLDER = "omi"
MEGABYTE = 1_000_000
NOT_SET_UP = "For an OMI wearable; not set up"
LONG_AGO = "0001"  # before every moment


@dataclass
class OmiService(Health):
    """The parts of OMI. `conversations`, `aside`, `has_address`: as of the last refresh."""

    context: Context
    authenticator: WebhookAuthenticator
    sources: Sources
    ingest: Ingest
    memories: Memories
    recordings: Recordings
    conversations: int = 0
    aside: int = 0
    has_address: bool = False

    @property
    def is_set_up(self) -> bool:
        """Return whether OMI can send something, or has. A person without a wearable need do nothing, hence no hint."""
        return self.has_address or bool(self.conversations or self.aside)

    @property
    def summary(self) -> str:
        """Summary in a few words."""
        if not self.is_set_up:
            return NOT_SET_UP
        heard = f"{self.conversations} {'conversation' if self.conversations == 1 else 'conversations'}"
        heard += f", {self.aside} without content" if self.aside else ""
        waiting = self.sources.waiting
        return f"{heard}, {waiting} {'account needs' if waiting == 1 else 'accounts need'} your approval" if waiting else heard

    async def refresh(self) -> None:
        """Refresh the numbers."""
        self.conversations = await self.context.database.read(count, conversations.COUNT)
        self.aside = await self.context.database.read(count, aside.COUNT)
        self.has_address = await self.authenticator.has_secret_path()
        await self.sources.load()

    async def list_addresses(self) -> dict[str, str]:
        """List the paths to paste into the OMI app; none until they were made."""
        authenticator = self.authenticator
        path = await authenticator.secret_path() if await authenticator.has_secret_path() else None
        names = {kind: "webhook" if kind is Kind.memory else kind for kind in Kind}
        return {f"omi_{name}": make_path(kind, path) for kind, name in names.items()} if path else {}

    async def make_address(self) -> None:
        """Make the addresses, or replace them."""
        await self.authenticator.make_secret_path()
        self.context.events.publish(TOPIC)
        self.context.events.publish("addresses")

    async def set_secret(self, secret: str | None) -> None:
        """Replace the signing secret, or remove it."""
        await self.authenticator.set_secret(secret)
        self.context.events.publish(TOPIC)

    async def prune(self) -> None:
        """Remove what has expired."""
        settings, now = self.context.settings.read(SECTION, OmiSettings), self.context.clock.now()
        database, before = self.context.database, LONG_AGO
        await database.write(forget, deliveries.FORGET_OLD, (now - timedelta(days=settings.delivery_days)).isoformat())
        if settings.keep_days:
            before = (now - timedelta(days=settings.keep_days)).isoformat()
            await database.write(
                forget, (*conversations.FORGET_OLD, *transcripts.FORGET_OLD, *day_summaries.FORGET_OLD, *aside.FORGET_OLD), before
            )
            await database.write(texts.unindex_gone)
        await database.write(audio.forget_old, before, settings.sound_megabytes * MEGABYTE, self.recordings.remove)

    def prune_seconds(self) -> float:
        """Return the time between two prunings."""
        return self.context.settings.read(SECTION, OmiSettings).sweep_minutes * 60


def make_path(kind: Kind, secret_path: str) -> str:
    """Make the path for deliveries of a kind."""
    return f"/chatgpt/webhook/{kind.replace('_', '-')}/{secret_path}"


def make_authenticator(context: Context) -> WebhookAuthenticator:
    """Make the authenticator of OMI's deliveries."""
    return WebhookAuthenticator(context, SECTION, TITLE, OmiSettings, signature)


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[OmiService]:
    """Accept deliveries, and ask the person about each new uid."""
    recordings = Recordings(context.folders.files / AUDIO_FOLDER)
    sources = Sources(context, recordings)
    ingest = Ingest(context, recordings, sources.ask)
    service = OmiService(context, make_authenticator(context), sources, ingest, Memories(context), recordings)
    await sources.load()
    context.approval_requests.add(sources)
    pruning = context.tasks.repeat(service.prune, service.prune_seconds, name="remove what OMI sent long ago")
    search = OmiSearch(context.database)
    indexing = context.tasks.start(search.index_missing(), name="index what OMI heard")
    try:
        with context.offers.offer(TranscriptSearch, search):
            yield service
    finally:
        indexing.cancel()
        pruning.cancel()
