"""Webhooks with a real database, settings and secrets, and a receiver that they may deliver to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.core.clock import Clock
from server.core.events import Events
from server.core.tasks import Tasks
from server.http.server import run
from server.outbound.webhooks.models import SECTION, DeliveryFilter, LoggedDelivery, WebhookSettings
from server.outbound.webhooks.receivers import Receivers
from server.outbound.webhooks.sender import Sender
from server.outbound.webhooks.service import Storage, Webhooks, create_webhooks
from server.storage.database import Database
from server.storage.migrations import migrate
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from tests.server.outbound.webhooks.receiver import Receiver

SOON = [0.02]


@dataclass
class Desk:
    """Everything together."""

    database: Database
    settings: Settings
    secrets: Secrets
    webhooks: Webhooks
    receiver: Receiver
    events: Events
    tasks: Tasks
    notes: list[tuple[str, str]] = field(default_factory=list)

    async def add(self, path: str, *types: str) -> tuple[str, str]:
        """Add a path of the receiver; return the id and the secret."""
        status, secret = await self.webhooks.endpoints.add(self.receiver.url(path), path, types)
        return status.endpoint.id, secret

    async def emit(self, kind: str = "note.written", **data: Any) -> str:
        return await self.database.write(self.webhooks.outbox.emit, kind, data)

    async def deliveries(self, state: str = "") -> list[LoggedDelivery]:
        return list(await self.webhooks.log.list(DeliveryFilter(state, limit=200)))

    async def until(self, condition: Callable[[], Coroutine[Any, Any, object]], seconds: float = 60) -> Any:
        """Wait for something; return it."""
        async with asyncio.timeout(seconds):
            while not (result := await condition()):
                await asyncio.sleep(0.01)
        return result

    async def until_received(self, path: str) -> None:
        """Wait until a path has got a request."""

        async def received() -> bool:
            return bool(self.receiver.ids(path))

        await self.until(received)

    async def until_ended(self, count: int = 1) -> list[LoggedDelivery]:
        """Wait until so many deliveries have ended and none waits."""

        async def ended() -> list[LoggedDelivery]:
            deliveries = await self.deliveries()
            return deliveries if len(deliveries) >= count and all(entry.delivery.ended_at for entry in deliveries) else []

        return await self.until(ended)

    async def until_attempts(self, count: int) -> LoggedDelivery:
        """Wait until the newest delivery had so many attempts."""

        async def attempted() -> LoggedDelivery | None:
            newest = (await self.deliveries())[0]
            return newest if len(newest.attempts) >= count else None

        return await self.until(attempted)


@contextlib.asynccontextmanager
async def open_desk(
    folder: Path, receiver: Receiver | None = None, clock: Clock | None = None, listed: list[str] | None = None, **settings: Any
) -> AsyncIterator[Desk]:
    """Open one in a folder. `settings`: of webhooks."""
    path = folder / "deskhand.db"
    if not path.exists():
        await asyncio.to_thread(migrate, path)
    database, store, secrets, tasks, events = (
        Database(path),
        Settings(folder),
        Secrets(folder, folder_only=True),
        Tasks(),
        Events(),
    )
    notes: list[tuple[str, str]] = []
    receiver = receiver or Receiver()
    async with receiver.serving():
        values = {"local_receivers": [receiver.listed] if listed is None else listed, "delays": SOON * 9, **settings}
        await store.write(SECTION, WebhookSettings.model_validate(values))
        guard = Receivers(lambda: store.read(SECTION, WebhookSettings).local_receivers)
        webhooks = create_webhooks(
            Storage(database, store, secrets), events, tasks, clock or Clock(), Sender(guard), lambda *note: notes.append(note)
        )
        try:
            yield Desk(database, store, secrets, webhooks, receiver, events, tasks, notes)
        finally:
            await tasks.close()
            await database.close()


def at_desk(
    test: Callable[[Desk], Coroutine[Any, Any, Any]], folder: Path, receiver: Receiver | None = None, **settings: Any
) -> Any:
    """Run a test's coroutine while webhooks are delivered."""

    async def main() -> Any:
        async with open_desk(folder, receiver, **settings) as desk:
            desk.webhooks.start()
            return await test(desk)

    return run(main)
