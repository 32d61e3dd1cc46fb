"""A queue over a real database, with a clock that tests move."""

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from server.core.clock import Clock
from server.core.events import Events
from server.core.tasks import Tasks
from server.integrations import queue as package
from server.integrations.queue.models import ClientRef, Lease, Prompt, PromptOrder, PromptResult, QueueSettings
from server.integrations.queue.queue import SECTION, Queue
from server.outbound.fetch import Fetch
from server.outbound.webhooks.outbox import Outbox
from server.outbound.webhooks.tables import webhook_delivery
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.context import Context
from server.sdk.desktop import NoScreen
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.migrations import migrate
from server.storage.secrets import Secrets
from server.storage.settings import Settings

MIGRATIONS = Path(package.__file__).parent / "migrations"
CLIENT = ClientRef("client", "A program")
OTHER = ClientRef("other", "Another program")
URL = "https://93.184.215.14/queue"
UNLIMITED = {"pause_seconds": 0, "daily_cap": None, "retry_seconds": 0}


class MovableClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **step: float) -> None:
        self.moment += timedelta(**step)


@cache
def make_database() -> bytes:
    """Make an empty database, once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deskhand.db"
        migrate(path, [MIGRATIONS])
        return path.read_bytes()


def open_database(data: Path) -> Database:
    """Open a database of SQLite, which is new if there is none."""
    if not (data / "deskhand.db").exists():
        (data / "deskhand.db").write_bytes(make_database())
    return Database(data / "deskhand.db")


def open_context(data: Path, clock: Clock, database: Database | None = None) -> Context:
    """Open the context of an integration."""
    files = data / "files"
    files.mkdir(parents=True, exist_ok=True)
    events = Events()
    return Context(
        folders=Folders(data, data, files, data / "logs"),
        settings=Settings(data),
        secrets=Secrets(data, folder_only=True),
        database=database or open_database(data),
        events=events,
        fetch=Fetch(only_allowed=True),
        screen=NoScreen(),
        approval_requests=ApprovalRequests(events, NoScreen(), Tasks()),
        clock=clock,
        webhooks=Outbox(clock),
    )


@dataclass
class QueueRoom:
    """A queue, and what tests do with it again and again."""

    context: Context
    queue: Queue
    clock: MovableClock

    async def submit(
        self, message: str = "Hello", chat_id: str | None = None, client: ClientRef = CLIENT, **order: Any
    ) -> Prompt:
        """Submit a prompt."""
        return await self.queue.submit(client, PromptOrder(message=message, chat_id=chat_id, **order))

    async def claim(self, worker: str = "browser") -> Lease:
        """Claim the prompt that is next."""
        lease = await self.queue.claim(worker, {"find", "attachments"})
        assert lease is not None
        return lease

    async def begin(self, worker: str = "browser") -> Lease:
        """Claim the prompt that is next, and acknowledge it."""
        lease = await self.claim(worker)
        await self.queue.acknowledge(lease.prompt.id, lease.token)
        return lease

    async def finish(self, text: str = "World", worker: str = "browser", **result: Any) -> Prompt:
        """Answer the prompt that is next."""
        return await self.finish_lease(await self.begin(worker), text, **result)

    async def finish_lease(self, lease: Lease, text: str = "World", **result: Any) -> Prompt:
        """Answer a prompt."""
        return await self.queue.complete(lease.prompt.id, lease.token, PromptResult(text, **result))

    async def configure(self, **values: Any) -> None:
        """Change settings."""
        settings = self.queue.read_settings()
        await self.context.settings.write(SECTION, settings.model_copy(update=values))

    async def webhooks(self) -> list[tuple[str, dict[str, Any]]]:
        """List the webhooks that were stored: id and body."""

        def read(connection: Any) -> list[tuple[str, dict[str, Any]]]:
            rows = connection.execute(webhook_delivery.select().order_by(webhook_delivery.c.id))
            return [(row.message_id, json.loads(row.body)) for row in rows]

        return await self.context.database.read(read)


@asynccontextmanager
async def opened(
    data: Path, *, clock: MovableClock | None = None, approved: bool = True, **settings: Any
) -> AsyncIterator[QueueRoom]:
    """Open a queue without limits, whose clients are allowed."""
    clock = clock or MovableClock()
    context = open_context(data, clock)
    await context.settings.write(SECTION, QueueSettings(**{**UNLIMITED, **settings}))
    room = QueueRoom(context, Queue(context), clock)
    if approved:
        for client in (CLIENT, OTHER):
            await room.queue.set_webhook(client, "")
            await room.queue.set_approval(client.id, approved=True)
    try:
        yield room
    finally:
        await context.tasks.close()
        await context.http.close()
        await context.database.close()
