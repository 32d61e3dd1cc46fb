"""Conversations in both databases, as the library and search see them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Insert, insert

from server.core.clock import Clock
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.library.library import Library
from server.integrations.conversations.search.models import SearchResult
from server.integrations.conversations.search.search import Search
from server.integrations.conversations.store import tables
from server.integrations.conversations.store.message_keys import allocate_keys
from server.integrations.conversations.store.message_times import fill_times
from server.integrations.conversations.store.search_index import index_conversation
from server.sdk.context import Context
from server.storage.archive import open_archive
from server.storage.sqlite import connect, writing_engine
from tests.server.conftest import Served
from tests.server.integrations.conversations.desk import MIGRATIONS, make_context

ARCHIVE_MIGRATIONS = MIGRATIONS.with_name("archive_migrations")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = 1_760_000_000.0


class FixedClock(Clock):
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True)
class Said:
    """A message. `parent`: its id; None: the one before it."""

    text: str
    role: str = "user"
    id: str = ""
    parent: str | None = None
    at: float | None = None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Shelf:
    """The library and search over two databases."""

    context: Context
    library: Library
    search: Search

    async def add(self, chat_id: str, *messages: Said | str, imported: bool = True, **values: Any) -> int:
        """Store a conversation with its index."""
        database = self.context.archive if imported else self.context.database
        said = [Said(item) if isinstance(item, str) else item for item in messages]
        values = {"source": "chatgpt" if imported else "openai", "created_at": START, "updated_at": START} | values
        return await database.write(store, chat_id, said, values)

    async def add_project(self, project_id: str, name: str, *, imported: bool = True) -> None:
        """Store a project."""
        database = self.context.archive if imported else self.context.database
        await database.write(run, insert(tables.project).values(id=project_id, name=name))

    async def find(self, query: str, **options: Any) -> list[str]:
        """Search; return `conversation` or `conversation/message` of each result."""
        return [name(result) for result in (await self.search.search(query, None, options.pop("limit", 50), **options)).results]

    async def find_all(self, query: str, limit: int) -> list[str]:
        """Search page by page."""
        names, cursor = [], None
        while True:
            page = await self.search.search(query, cursor, limit)
            names += map(name, page.results)
            assert len(names) < 20_000, "it does not end"
            if (cursor := page.next) is None:
                return names


def run(connection: Connection, statement: Insert) -> None:
    connection.execute(statement)


def name(result: SearchResult) -> str:
    return f"{result.chat_id}/{result.message_id}" if result.message_id else result.chat_id


def store(connection: Connection, chat_id: str, said: Sequence[Said], values: dict[str, Any]) -> int:
    row = {"id": chat_id, "message_count": len(said), "current_message": said[-1].id or f"m{len(said)}" if said else ""}
    key = int(connection.execute(insert(tables.conversation), row | values).inserted_primary_key[0])
    keys = allocate_keys(connection, fill_times([item.at for item in said], values.get("created_at")))
    above = ""
    for number, (item, message_key) in enumerate(zip(said, keys, strict=True), 1):
        message_id = item.id or f"m{number}"
        parent = above if item.parent is None else item.parent
        shared = {"key": message_key, "conversation": key, "id": message_id, "parent": parent, "kind": "text"}
        node = {"role": item.role, "text": item.text, "created_at": item.at if item.at is not None else values.get("created_at")}
        connection.execute(insert(tables.message), shared | node | item.values)
        above = message_id
    index_conversation(connection, key)
    return key


@asynccontextmanager
async def open_shelf(data: Path) -> AsyncIterator[Shelf]:
    """Open both databases, new."""
    async with make_context(data, FixedClock()) as made:
        archive = open_archive(data, [ARCHIVE_MIGRATIONS])
        context = replace(made, archive=archive)
        try:
            yield Shelf(context, Library(context, AssetFiles(context.folders)), Search(context))
        finally:
            await archive.close()


def store_in(path: Path, chat_id: str, *messages: Said | str, **values: Any) -> None:
    """Store a conversation in a database that a server has open."""
    said = [Said(item) if isinstance(item, str) else item for item in messages]
    writing = writing_engine(path, 5_000)
    with connect(writing) as connection, connection.begin():
        store(connection, chat_id, said, {"source": "chatgpt", "created_at": START, "updated_at": START} | values)
    writing.dispose()


def stock(served: Served) -> None:
    """Store conversations in both databases of a server."""
    assert served.person("GET", "/api/chats").json()["total"] == 0  # which makes the archive
    old = (
        Said("Wie heißt die Straße?", id="q"),
        Said("Hauptstraße 验证", "assistant", id="a"),
        Said("Other", "assistant", "b", "q"),
    )
    store_in(served.data / "archive.db", "old", *old, title="Ort")
    store_in(served.data / "deskhand.db", "new", "a street", source="openai", title="Roads", updated_at=START + 5)
