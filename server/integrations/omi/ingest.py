"""Ingest of deliveries: a delivery is accepted only when it is stored, and stored only once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from server.core.errors import Forbidden, InvalidInput
from server.integrations.omi.models import Kind, OmiSettings
from server.integrations.omi.parsers import IncomingDelivery, choose_uid, make_digest, make_stream, parse_delivery, to_parsed
from server.integrations.omi.recordings import RATES, SAMPLE_BYTES, Recordings, make_name
from server.integrations.omi.store import audio, deliveries
from server.integrations.omi.store.deliveries import DeliveryOutcome, DeliveryResult, ParsedDelivery
from server.sdk.context import Context
from server.sdk.webhook import Stream

TOPIC = SECTION = "omi"
NO_SOUND = "This is no sound as OMI sends it: 16 bits a sample, and sample_rate in the address."
NO_ROOM = "The person at this computer keeps no sound."


class Store(Protocol):
    """Runs a function with a database connection, in one transaction."""

    async def __call__(self, write: Callable[[Any], DeliveryResult], stream: Stream | None = None, /) -> DeliveryResult:
        """Return its result after the commit."""


class Ingest:
    """Stores what OMI sends. `ask` is awaited with each new uid."""

    def __init__(self, context: Context, recordings: Recordings, ask: Callable[[str], Awaitable[None]]) -> None:
        self._context = context
        self._recordings = recordings
        self._ask = ask

    async def take(self, delivery: IncomingDelivery, store: Store | None = None) -> None:
        """Store one delivery. Raises InvalidInput, Forbidden and TooManyRequests with what OMI is answered.

        OMI tries again after 429 and 5xx only: what the person does not want is 403, so that it does not.
        `store`: runs the transaction; None: without an activity record, for a call has its own.
        """
        store = store or (lambda write, _=None: self._context.database.write(write))
        if delivery.kind is Kind.audio:
            await self._take_audio(delivery, store)
        else:
            await self._store(await asyncio.to_thread(parse_delivery, delivery, self._context.clock.now().isoformat()), store)

    async def _take_audio(self, delivery: IncomingDelivery, store: Store) -> None:
        """Append audio to a file. Its row says how much of the file counts, so a kill in between leaves nothing behind."""
        moment = self._context.clock.now()
        if delivery.rate not in RATES or not delivery.body or len(delivery.body) % SAMPLE_BYTES:
            raise InvalidInput(NO_SOUND)
        if not self._settings().sound_megabytes:
            raise Forbidden(NO_ROOM)
        uid, now = choose_uid(delivery, None), moment.isoformat()

        def save(connection: Any) -> bool:
            latest = audio.find_latest(connection, uid, delivery.rate)
            if not latest or not self._recordings.can_grow(latest["name"], latest["size"], len(delivery.body)):
                name = make_name(uid, delivery.rate, moment)
                latest = {"name": name, "uid": uid, "rate": delivery.rate, "size": 0, "started_at": now}
            audio.put(connection, {**latest, "size": latest["size"] + len(delivery.body), "last_at": now})
            self._recordings.append(latest["name"], delivery.rate, latest["size"], delivery.body)
            return True

        stream = make_stream(uid, delivery.session, f"{delivery.rate} Hz")
        await self._store(replace(to_parsed(delivery, uid, make_digest(delivery), now, None, save), stream=stream), store)

    async def _store(self, delivery: ParsedDelivery, store: Store) -> None:
        result = await store(partial(deliveries.receive, delivery=delivery, settings=self._settings()), delivery.stream)
        if result.error:
            raise result.error
        if result.outcome is DeliveryOutcome.stored:
            self._context.events.publish(TOPIC, {"kind": delivery.kind})
        if result.is_new_source:
            await self._ask(delivery.uid)

    def _settings(self) -> OmiSettings:
        return self._context.settings.read(SECTION, OmiSettings)
