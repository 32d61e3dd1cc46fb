"""OMI with a store of its own, and what it would send."""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from server.core.clock import Clock
from server.core.events import Events
from server.core.tasks import Tasks
from server.integrations.omi.ingest import SECTION
from server.integrations.omi.models import Kind, OmiSettings
from server.integrations.omi.parsers import IncomingDelivery
from server.integrations.omi.service import OmiService, start
from server.outbound.fetch import Fetch
from server.sdk.approval_requests import ApprovalRequest, ApprovalRequests
from server.sdk.context import Context
from server.sdk.desktop import NoScreen
from server.sdk.text_search import SearchRequest, TranscriptSearch
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.migrations import migrate
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from server.storage.text_query import parse

R = TypeVar("R")
MIGRATIONS = Path(__file__).parents[4] / "server" / "integrations" / "omi" / "migrations"
FIRST_FORM = {
    "created_at": "2024-07-22T23:59:45.910559+00:00",
    "started_at": "2024-07-21T22:34:43.384323+00:00",
    "finished_at": "2024-07-21T22:35:43.384323+00:00",
    "transcript_segments": [
        {"text": "Test segment text", "speaker": "SPEAKER_00", "speakerId": 0, "is_user": False, "start": 10.0, "end": 20.0}
    ],
    "photos": [],
    "structured": {
        "title": "Test Conversation",
        "overview": "This is a test overview",
        "emoji": "üó£Ô∏è",
        "category": "personal",
    },
    "plugins_results": [{"plugin_id": "test-app-id", "content": "Test app response"}],
    "discarded": False,
}


def make_memory(number: str = "c1", **changes: Any) -> dict[str, Any]:
    """A conversation in today's form."""
    structured = {
        "title": "Timeline talk",
        "overview": "What comes when",
        "emoji": "📅",
        "category": "work",
        "action_items": [{"description": "Send proposal", "completed": False, "due_at": None}],
    }
    segment = {"id": "s1", "text": "Let's plan.", "speaker": "SPEAKER_01", "speaker_id": 1, "speaker_name": "John"}
    return {
        "id": number,
        "created_at": "2026-11-20T23:59:45+00:00",
        "updated_at": None,
        "started_at": "2026-11-20T22:34:43+00:00",
        "finished_at": "2026-11-20T22:35:43+00:00",
        "structured": structured | changes.pop("structured", {}),
        "transcript_segments": [segment | {"is_user": False, "person_id": None, "start": 10.0, "end": 15.0}],
        "apps_results": [],
        "status": "completed",
        **changes,
    }


class MovableClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **spent: float) -> None:
        self.moment += timedelta(**spent)


@dataclass
class Pendant:
    """OMI from the sender's and from the person's side."""

    runner: asyncio.Runner
    context: Context
    omi: OmiService
    clock: MovableClock

    def run(self, call: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(call)

    def send(self, body: Any, kind: Kind = Kind.memory, uid: str = "me", **more: Any) -> None:
        """Deliver something one second later."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.clock.move(seconds=1)
        self.run(self.omi.ingest.take(IncomingDelivery(kind, uid, raw, "a test", **more)))

    def accept(self, uid: str = "me") -> None:
        """Accept a waiting uid."""
        question = next(question for question in self.questions() if uid in question.sentence)
        self.run(self.context.approval_requests.approve(question.id))

    def questions(self) -> list[ApprovalRequest]:
        return self.run(self.context.approval_requests.list())

    def set(self, **values: Any) -> None:
        """Change settings."""
        settings = self.context.settings.read(SECTION, OmiSettings)
        self.run(self.context.settings.write(SECTION, settings.model_copy(update=values)))

    def read(self, function: Any, *arguments: Any, **named: Any) -> Any:
        """Read from the store."""
        return self.run(self.context.database.read(function, *arguments, **named))

    def write(self, function: Any, *arguments: Any, **named: Any) -> Any:
        """Write into the store."""
        return self.run(self.context.database.write(function, *arguments, **named))


async def open_context(data: Path, clock: Clock) -> Context:
    """Open an integration's context with a store of its own."""
    files = data / "files"
    files.mkdir(parents=True)
    migrate(data / "deskhand.db", [MIGRATIONS])
    events = Events()
    return Context(
        folders=Folders(data, data, files, data / "logs"),
        settings=Settings(data),
        secrets=Secrets(data, folder_only=True),
        database=Database(data / "deskhand.db"),
        events=events,
        fetch=Fetch(only_allowed=True),
        screen=NoScreen(),
        approval_requests=ApprovalRequests(events, NoScreen(), Tasks()),
        clock=clock,
    )


def open_pendant(runner: asyncio.Runner, data: Path) -> tuple[Pendant, Any]:
    """Start OMI; the second value is the context manager to exit in the end."""
    clock = MovableClock()
    context = runner.run(open_context(data, clock))
    opened = start(context)
    return Pendant(runner, context, runner.run(opened.__aenter__()), clock), opened


def find_heard(pendant: Pendant, query: str, **limits: float) -> list[str]:
    """Search as another integration does; return the ids of conversations."""
    search = pendant.context.offers.require(TranscriptSearch)
    return [hit.chat_id for hit in pendant.run(search.search(SearchRequest(parse(query).terms, **limits), None)).hits]
