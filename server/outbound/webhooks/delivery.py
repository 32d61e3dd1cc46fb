"""Delivery: one task for each receiver that is due; its events in order, one attempt at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from server.core.clock import Clock
from server.core.errors import Unavailable
from server.outbound.webhooks import store
from server.outbound.webhooks.models import SECTION, Attempt, Delivery, Endpoint, Outcome, WebhookSettings
from server.outbound.webhooks.schedule import decide
from server.outbound.webhooks.sender import DEPTH_HEADER, Limits, Sender
from server.outbound.webhooks.signing import sign
from server.storage.database import Database
from server.storage.secrets import Secrets
from server.storage.settings import Settings

LONGEST_WAIT = 60.0  # seconds until the table is read again: timers stand still while this computer sleeps
UNSIGNED = "The signing secret cannot be read, so nothing was sent. Rotate the secret of this webhook."
UNFORESEEN = "The attempt failed for a reason that was not foreseen. Deskhand's log has it."
PREVIOUS = "/previous"  # added to the name of a secret

log = logging.getLogger(__name__)


@dataclass
class Deliverer:
    """Delivers the outbox. After a crash an event may be delivered again, with the same webhook-id.

    `report`: called after each attempt.
    """

    database: Database
    settings: Settings
    secrets: Secrets
    clock: Clock
    sender: Sender
    report: Callable[[Endpoint, Outcome], Awaitable[None]]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _active: set[str] = field(default_factory=set)
    _cache: dict[str, str] = field(default_factory=dict)
    _forgotten: int = 0

    def wake(self) -> None:
        """Look at the outbox again, after a change of it."""
        self._wake.set()

    def forget_secret(self, name: str) -> None:
        """Read a secret again before its next use."""
        self._cache.pop(name, None)
        self._forgotten += 1

    async def run(self) -> None:
        """Deliver until cancelled."""
        places = asyncio.Semaphore(self._read_settings().most_at_once)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._wake.clear()
                    await self.database.write(lambda _: None)  # what woke us is committed after this
                    now = self.clock.now()
                    for endpoint_id in await self.database.read(store.list_due, now.isoformat()):
                        if endpoint_id not in self._active:
                            self._active.add(endpoint_id)
                            group.create_task(self._drain(endpoint_id, places))
                    await self._sleep(now)
        finally:
            self._active.clear()

    async def _sleep(self, now: datetime) -> None:
        following = await self.database.read(store.find_next_due, now.isoformat())
        seconds = LONGEST_WAIT if following is None else (datetime.fromisoformat(following) - now).total_seconds()
        try:
            async with asyncio.timeout(min(max(seconds, 0.01), LONGEST_WAIT)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _drain(self, endpoint_id: str, places: asyncio.Semaphore) -> None:
        """Deliver to one receiver until nothing is due. What is not foreseen delays this one, and never ends the others."""
        try:
            while await self._deliver_next(endpoint_id, places):
                pass
        except Exception:
            log.exception("The webhooks of the receiver %s could not be delivered.", endpoint_id)
            await asyncio.sleep(LONGEST_WAIT)
        finally:
            self._active.discard(endpoint_id)
            self._wake.set()  # for what came since the last look

    async def _deliver_next(self, endpoint_id: str, places: asyncio.Semaphore) -> bool:
        """Deliver what is next to a receiver; return whether something was due."""
        async with places:
            job = await self.database.read(store.take_next, endpoint_id, self.clock.now().isoformat())
            if job:
                await self._deliver(*job)
            return job is not None

    async def _deliver(self, endpoint: Endpoint, delivery: Delivery) -> None:
        settings, now = self._read_settings(), self.clock.now()
        try:
            attempt = await self._attempt(endpoint, delivery, settings, now)
        except Exception:  # counted, so that a receiver whose answers cause it is given up
            log.exception("An attempt to deliver a webhook to the receiver %s failed.", endpoint.id)
            attempt = Attempt(now, error=UNFORESEEN)
        decided = decide(attempt, delivery, endpoint, settings)
        outcome = await self.database.write(store.record, endpoint, delivery, attempt, decided)
        await self.report(endpoint, outcome)

    async def _attempt(self, endpoint: Endpoint, delivery: Delivery, settings: WebhookSettings, now: datetime) -> Attempt:
        try:
            secrets = await self._find_secrets(endpoint, now)
            signature = sign(secrets, delivery.message_id, now, delivery.body)
        except (Unavailable, ValueError):
            return Attempt(now, error=UNSIGNED, is_ours=True)
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "Deskhand",
            DEPTH_HEADER: str(delivery.depth + 1),
            **signature,
        }
        limits = Limits(settings.attempt_seconds, settings.most_answer_bytes)
        return await self.sender.send(endpoint.url, headers, delivery.body, now, limits)

    async def _find_secrets(self, endpoint: Endpoint, now: datetime) -> list[str]:
        """Find the secrets that sign now. Raises ValueError if there is none although there should be."""
        if not endpoint.secret_name:
            return []
        names = [endpoint.secret_name]
        if endpoint.previous_until and now < datetime.fromisoformat(endpoint.previous_until):
            names.append(endpoint.secret_name + PREVIOUS)
        signing = [secret for name in names if (secret := await self._read_secret(name))]
        if not signing:
            raise ValueError(endpoint.secret_name)
        return signing

    async def _read_secret(self, name: str) -> str | None:
        if name in self._cache:
            return self._cache[name]
        number = self._forgotten
        secret = await self.secrets.get(name)
        if secret is not None and number == self._forgotten:  # a keyring may be slow, and the secret replaced meanwhile
            self._cache[name] = secret
        return secret

    def _read_settings(self) -> WebhookSettings:
        return self.settings.read(SECTION, WebhookSettings)
