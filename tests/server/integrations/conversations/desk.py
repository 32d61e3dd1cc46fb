"""Conversations with a store of their own, and the fake OpenAI that they talk to."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from server.core.clock import Clock
from server.core.events import Events
from server.core.tasks import Tasks
from server.integrations.conversations.fake import KEY, FakeOpenAI
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.spending import Spending
from server.outbound.fetch import Fetch
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.context import Context
from server.sdk.desktop import NoScreen
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.migrations import migrate
from server.storage.secrets import Secrets
from server.storage.settings import Settings

R = TypeVar("R")
MIGRATIONS = Path(__file__).parents[4] / "server" / "integrations" / "conversations" / "migrations"


class MovableClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def move(self, **step: float) -> None:
        self.moment += timedelta(**step)


@dataclass
class Desk:
    """The fake OpenAI stands where OpenAI is, so its answers cost something."""

    runner: asyncio.Runner
    context: Context
    fake: FakeOpenAI
    openai: OpenAIConnection
    spending: Spending

    @property
    def clock(self) -> MovableClock:
        assert isinstance(self.context.clock, MovableClock)
        return self.context.clock

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(coroutine)

    def restart(self, environment: Mapping[str, str] | None = None) -> None:
        """Begin again with what is stored."""
        self.openai = OpenAIConnection(self.context, environment or {})
        self.spending = Spending(self.context, self.openai)
        self.run(self.openai.open())
        self.run(self.spending.open())


@cache
def make_database() -> bytes:
    """Make an empty database with all tables, once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deskhand.db"
        migrate(path, [MIGRATIONS])
        return path.read_bytes()


def prepare(data: Path) -> None:
    """Make the folder and its database."""
    data.mkdir(parents=True)
    (data / "deskhand.db").write_bytes(make_database())


@asynccontextmanager
async def make_context(data: Path, clock: Clock) -> AsyncIterator[Context]:
    """Make a context with a database that has all tables."""
    folders = Folders(data, data / "config", data / "files", data / "logs")
    await asyncio.to_thread(prepare, data)
    events, tasks, screen = Events(), Tasks(), NoScreen()
    context = Context(
        folders=folders,
        settings=Settings(data),
        secrets=Secrets(data, folder_only=True),
        database=Database(data / "deskhand.db"),
        events=events,
        tasks=tasks,
        fetch=Fetch(),
        screen=screen,
        approval_requests=ApprovalRequests(events, screen, tasks),
        clock=clock,
    )
    try:
        yield context
    finally:
        await context.http.close()
        await context.tasks.close()
        await context.database.close()


@contextmanager
def open_desk(data: Path, *, key: str = KEY) -> Iterator[Desk]:
    """Run the fake and a connection to it, in a loop of their own."""
    clock, fake = MovableClock(), FakeOpenAI()
    with asyncio.Runner() as runner:
        made, serving = make_context(data, clock), fake.serving()
        context = runner.run(made.__aenter__())
        url = runner.run(serving.__aenter__())
        openai = OpenAIConnection(context, {})
        desk = Desk(runner, context, fake, openai, Spending(context, openai))
        desk.run(openai.store(endpoint=url))
        if key:
            desk.run(openai.set_key(key))
            fake.requests.clear()
        try:
            yield desk
        finally:
            runner.run(serving.__aexit__(None, None, None))
            runner.run(made.__aexit__(None, None, None))
