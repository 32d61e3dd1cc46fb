"""Live conversations with a store of their own and a fake OpenAI."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.core.events import Events
from server.core.tasks import Tasks
from server.integrations.conversations.fake import KEY, FakeOpenAI
from server.integrations.conversations.live.answer_streams import AnswerEnd
from server.integrations.conversations.live.chats import Chats, Posted
from server.integrations.conversations.live.models import AnswerRow, Chat
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.api_key import StoredKey
from server.integrations.conversations.openai_account.base_urls import read_origin
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.settings import OpenAISettings
from server.integrations.conversations.service import ConversationsService, start
from server.integrations.conversations.store import answers, live
from server.outbound.fetch import Fetch
from server.outbound.webhooks.tables import webhook_delivery
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.context import Context
from server.sdk.desktop import NoScreen
from server.storage.archive import open_archive
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from tests.server.integrations.conversations.desk import make_database
from tests.server.integrations.conversations.stored import make_archive

MIGRATIONS = Path(__file__).parents[4] / "server" / "integrations" / "conversations" / "migrations"
ARCHIVE_MIGRATIONS = MIGRATIONS.with_name("archive_migrations")
LIMIT = 60  # seconds that a condition may take on a busy machine
SECTION = "conversations"
QUICK = {"retry_seconds": 0.01, "longest_retry_seconds": 0.05}


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """Wait until a condition holds, and return what it found."""
    async with asyncio.timeout(LIMIT):
        while not (result := await condition()):
            await asyncio.sleep(0.005)
    return result


@dataclass
class Live:
    """Live conversations, from the person's and from OpenAI's side."""

    context: Context
    service: ConversationsService
    fake: FakeOpenAI

    @property
    def openai(self) -> OpenAIConnection:
        return self.service.openai

    @property
    def chats(self) -> Chats:
        return self.service.chats

    async def ask(self, text: str = "Hello", chat: Chat | None = None, **order: Any) -> tuple[Chat, Posted]:
        """Send a message, in a new conversation unless one is given."""
        if chat:
            return chat, await self.chats.send(chat.id, text, **order)
        started, posted = await self.chats.create("1", text=text, **order)
        assert posted
        return started, posted

    async def end(self, chat: Chat, posted: Posted) -> AnswerEnd:
        """Wait for an answer."""
        end = await self.chats.wait(chat, posted.answer_id, LIMIT)
        assert end
        return end

    async def answer(self, posted: Posted) -> AnswerRow:
        row = await self.context.database.read(answers.find, posted.answer_id)
        assert row
        return row

    async def tried(self, posted: Posted) -> AnswerRow:
        """Wait until an answer waits for another attempt."""

        async def look() -> AnswerRow | None:
            row = await self.answer(posted)
            return row if row.attempts else None

        row: AnswerRow = await until(look)
        return row

    async def becomes(self, posted: Posted, state: str) -> AnswerRow:
        """Wait until an answer has a state."""

        async def look() -> AnswerRow | None:
            row = await self.answer(posted)
            return row if row.state == state else None

        row: AnswerRow = await until(look)
        return row

    async def texts(self, chat: Chat, leaf: str = "") -> list[str]:
        """Read the texts of the path that is shown, or of another one."""
        current = await self.chats.find(chat.id)
        path = await self.context.database.read(live.read_path, chat.key, leaf or current.current_message)
        return [message.text for message in path]

    async def configure(self, **values: Any) -> None:
        """Change settings."""
        settings = self.context.settings.read(SECTION, ConversationsSettings)
        await self.context.settings.write(SECTION, settings.model_copy(update=values))

    def sent(self) -> list[str]:
        """List the texts of the messages that OpenAI was asked to answer, each time."""
        return [request.body["input"][-1]["content"] for request in self.fake.requests.find("/v1/responses")]

    async def events(self) -> list[str]:
        """List the types of the webhook events that were stored."""

        def read(connection: Any) -> list[str]:
            return [row.type for row in connection.execute(webhook_delivery.select().order_by(webhook_delivery.c.id))]

        return await self.context.database.read(read)


async def open_context(data: Path) -> Context:
    """Open the context of an integration with a store of its own."""
    files = data / "files"
    files.mkdir(parents=True, exist_ok=True)
    for name, content in (("deskhand.db", make_database), ("archive.db", make_archive)):
        if not (data / name).exists():
            (data / name).write_bytes(content())
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
        archive=open_archive(data, [ARCHIVE_MIGRATIONS]),
    )


@asynccontextmanager
async def opened(data: Path, fake: FakeOpenAI, *, key: str = KEY) -> AsyncIterator[Live]:
    """Open live conversations that talk to a fake OpenAI."""
    context = await open_context(data)
    settings = context.settings.read(SECTION, ConversationsSettings)
    await context.settings.write(SECTION, settings.model_copy(update=QUICK | {"openai": OpenAISettings(endpoint=fake.base_url)}))
    if key:
        stored = StoredKey(key=key, origin=read_origin(fake.base_url))
        await context.secrets.set("openai/key", stored.model_dump_json())
    try:
        async with start(context) as service:
            yield Live(context, service, fake)
    finally:
        await context.tasks.close()
        await context.http.close()
        await context.archive.close()
        await context.database.close()
