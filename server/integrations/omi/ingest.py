"""Takes deliveries in. It answers well only when what came is stored, and never stores the same twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from server.core.errors import Forbidden, InvalidInput, TooManyRequests
from server.integrations.omi.models import Kind, OmiSettings
from server.integrations.omi.parsers import Post, choose_uid, deliver, make_digest, read_post
from server.integrations.omi.recordings import LONGEST_BYTES, RATES, SAMPLE_BYTES, Recordings, make_name
from server.integrations.omi.store import audio, deliveries
from server.integrations.omi.store.deliveries import Delivery, Fate
from server.integrations.omi.webhook_auth import SECTION
from server.sdk.context import Context

TOPIC = "omi"
WAIT_SECONDS = 60  # until a full uid may try again
DENIED = "The person at this computer does not want what this uid sends."
FULL = "More of this uid has arrived than can wait for the person's word. They find the question in Deskhand's window."
CLASH = "This Idempotency-Key belongs to another delivery. Choose a new one for each."
NO_SOUND = "This is no sound as OMI sends it: 16 bits a sample, and sample_rate in the address."
NO_ROOM = "The person at this computer keeps no sound."


class Intake:
    """Takes what OMI sends. `ask` is awaited with a uid that is new."""

    def __init__(self, context: Context, recordings: Recordings, ask: Callable[[str], Awaitable[None]]) -> None:
        self._context = context
        self._recordings = recordings
        self._ask = ask
        self._recording = asyncio.Lock()

    async def take(self, post: Post) -> None:
        """Store one delivery. Raises InvalidInput, Forbidden and TooManyRequests with what OMI is told.

        OMI tries again after 429 and 5xx only: what the person does not want is 403, so that it does not.
        """
        if post.kind is Kind.audio:
            async with self._recording:
                await self._take_sound(post)
        else:
            await self._store(await asyncio.to_thread(read_post, post, self._context.clock.now().isoformat()))

    async def _take_sound(self, post: Post) -> None:
        """Put sound into a file. That it belongs there is told by its row, so a kill in between leaves nothing behind."""
        moment = self._context.clock.now()
        if post.rate not in RATES or not post.body or len(post.body) % SAMPLE_BYTES:
            raise InvalidInput(NO_SOUND)
        if not self._settings().sound_megabytes:
            raise Forbidden(NO_ROOM)
        uid, now = choose_uid(post, None), moment.isoformat()
        latest = await self._context.database.read(audio.find_latest, uid, post.rate)
        if not latest or latest["size"] + len(post.body) > LONGEST_BYTES:
            latest = {"name": make_name(uid, post.rate, moment), "uid": uid, "rate": post.rate, "size": 0, "started_at": now}
        size, row = latest["size"], {**latest, "size": latest["size"] + len(post.body), "last_at": now}

        def keep(connection: Any) -> bool:
            audio.put(connection, row)
            self._recordings.append(row["name"], post.rate, size, post.body)
            return True

        await self._store(deliver(post, uid, make_digest(post), now, None, keep))

    async def _store(self, one: Delivery) -> None:
        outcome = await self._context.database.write(deliveries.receive, one, self._settings())
        if outcome.fate is Fate.denied:
            raise Forbidden(DENIED)
        if outcome.fate is Fate.full:
            raise TooManyRequests(FULL, retry_after=WAIT_SECONDS)
        if outcome.fate is Fate.clash:
            raise InvalidInput(CLASH)
        if outcome.fate is Fate.kept:
            self._context.events.publish(TOPIC, {"kind": one.kind})
        if outcome.asks:
            await self._ask(one.uid)

    def _settings(self) -> OmiSettings:
        return self._context.settings.read(SECTION, OmiSettings)
