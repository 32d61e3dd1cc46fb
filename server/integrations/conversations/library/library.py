"""The library: conversations of both databases in one list, each readable with all its branches."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from server.core.errors import InvalidInput, NotFound, Unavailable
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.library.delivered import find_current, find_imported, list_hidden, read_lacking
from server.integrations.conversations.library.models import (
    AttachmentView,
    ChatChange,
    ChatFilter,
    ChatList,
    ChatPage,
    ChatRow,
    CitationView,
    ListPlace,
    MessageView,
    ProjectName,
)
from server.integrations.conversations.models import Details, Source
from server.integrations.conversations.store import reading
from server.integrations.conversations.store.reading import Row
from server.sdk.context import Context
from server.storage.database import Database

Place = TypeVar("Place", bound=BaseModel)

TOPIC = "conversations"
MOST_MESSAGES = 2_000  # of one answer
DIGITS = 19  # fewer fit into a column
NO_CHAT = "There is no such conversation. It may have been deleted."
NO_PROJECT = "There is no such project among those of this conversation."
BAD_CURSOR = "This page is not there any more. Begin again with the first one."


@dataclass(frozen=True)
class FoundChat:
    """A row of a conversation, and the database that has it.

    `lacking`: delivered messages that an imported one lacks; `lacking_files`: rows of theirs, by the ids of the files.
    """

    database: Database
    row: Row
    imported: bool
    lacking: tuple[Row, ...] = ()
    lacking_files: Mapping[str, Row] = field(default_factory=dict)

    @property
    def key(self) -> int:
        """The key there."""
        return int(self.row["key"])

    @property
    def live_key(self) -> int | None:
        """The key of the live conversation that has answers to come; None if there is none."""
        if not self.imported:
            return self.key
        return int(self.lacking[0]["conversation"]) if self.lacking else None

    async def read_files(self) -> Mapping[str, Row]:
        """Read the rows of the files of its messages, by their ids."""
        return {**self.lacking_files, **await self.database.read(reading.read_assets, self.key)}

    @property
    def current_message(self) -> str:
        """The id of the message whose path is shown first."""
        return find_current(self.row, self.lacking)


@dataclass(frozen=True)
class RowPage:
    """A page of a list: each row, and whether it was imported. `following`: the place of the next page."""

    rows: list[tuple[Row, bool]]
    following: ListPlace | None
    total: int


class Library:
    """Lists, reads and changes conversations, wherever they are."""

    def __init__(self, context: Context, assets: AssetFiles) -> None:
        self._context, self._assets = context, assets
        self.live, self.archive = context.database, context.archive

    async def list_chats(self, chats: ChatFilter, cursor: str | None, limit: int) -> ChatList:
        """List a page of conversations. Raises InvalidInput for a cursor that is none."""
        return await self.view_rows(await self.list_rows(chats, decode_cursor(ListPlace, cursor) if cursor else None, limit))

    async def view_rows(self, page: RowPage) -> ChatList:
        """Make the answer of a page."""
        costs = await self._sum_costs([row["key"] for row, imported in page.rows if not imported])
        views = [view_chat(row, None if imported else costs.get(row["key"])) for row, imported in page.rows]
        return ChatList(chats=views, next=encode_cursor(page.following) if page.following else None, total=page.total)

    async def list_rows(self, chats: ChatFilter, place: ListPlace | None, limit: int) -> RowPage:
        """List the conversations of both databases after a place; those here alone if the archive cannot be used."""
        hidden: list[str] = []
        with suppress(Unavailable):
            hidden = await list_hidden(self.live, self.archive, chats)
        listed = await self.live.read(reading.list_chats, chats, place, limit + 1, imported=False, without=hidden)
        rows = [(row, False) for row in listed]
        total = await self.live.read(reading.count_chats, chats) - len(hidden)
        try:
            archived = await self.archive.read(reading.list_chats, chats, place, limit + 1, imported=True)
            total += await self.archive.read(reading.count_chats, chats)
            rows += [(row, True) for row in archived]
        except Unavailable:
            if place and place.imported:
                raise
        rows.sort(key=order_of, reverse=True)
        page = rows[:limit]
        last = page[-1] if len(rows) > limit else None
        following = ListPlace(updated_at=last[0]["updated_at"], imported=last[1], key=last[0]["key"]) if last else None
        return RowPage(page, following, total)

    async def read_chat(self, chat_id: str, cursor: str | None = None) -> ChatPage:
        """Read a conversation with all its branches. Raises NotFound, and InvalidInput for a cursor that is none."""
        chat = await self.find(chat_id)
        after = int(cursor) if cursor and cursor.isascii() and cursor.isdigit() and len(cursor) < DIGITS else 0
        if cursor and not after:
            raise InvalidInput(BAD_CURSOR)
        rows = await chat.database.read(reading.read_messages, chat.key, after, MOST_MESSAGES + 1)
        messages = await self.view_messages(chat, rows[:MOST_MESSAGES])
        following = str(rows[MOST_MESSAGES - 1]["key"]) if len(rows) > MOST_MESSAGES else None
        if following is None and chat.lacking:
            messages += await self.view_messages(chat, chat.lacking)
        if following is None and chat.live_key is not None:
            messages += [view_answer(row) for row in await self.live.read(reading.read_open_answers, chat.live_key)]
        return ChatPage(chat=await self.view(chat), messages=messages, current_id=chat.current_message, next=following)

    async def view(self, chat: FoundChat) -> ChatRow:
        """Make the row of a conversation as lists have it."""
        costs = {} if chat.imported else await self._sum_costs([chat.key])
        return view_chat(chat.row, costs.get(chat.key))

    async def find(self, chat_id: str) -> FoundChat:
        """Find a conversation by its id or by that of its thread. Raises NotFound, and Unavailable if the archive is damaged.

        One that was delivered and imported is the imported one, with the delivered messages that it lacks.
        """
        if row := await self.live.read(reading.find_chat, chat_id, live_too=True):
            if imported := await find_imported(self.archive, row):
                return await self._merge(row, imported)
            return FoundChat(self.live, row, imported=False)
        if row := await self.archive.read(reading.find_chat, chat_id, live_too=False):
            return FoundChat(self.archive, row, imported=True)
        raise NotFound(NO_CHAT)

    async def merge(self, chat: FoundChat) -> FoundChat:
        """Add the delivered messages that an imported conversation lacks."""
        row = await self.live.read(reading.find_chat, chat.row["id"], live_too=True) if chat.imported else None
        return await self._merge(row, chat.row) if row and row["source"] == Source.webhook else chat

    async def change(self, chat_id: str, change: ChatChange) -> ChatRow:
        """Change a title, star or project. Raises NotFound, and InvalidInput for a project that is not there."""
        chat = await self.find(chat_id)
        values = change.model_dump(exclude_none=True)
        if (project_id := values.pop("project_id", None)) is not None:
            projects = {row["id"] for row in await chat.database.read(reading.read_projects)}
            if project_id and project_id not in projects:
                raise InvalidInput(NO_PROJECT)
            values["project"] = project_id
        if "title" in values:
            values["title"] = values["title"].strip()
        if values:
            await chat.database.write(reading.change_chat, chat.key, values)
            self._context.events.publish(TOPIC)
        return await self.view(await self.find(chat_id))

    async def _merge(self, delivered: Row, imported: Row) -> FoundChat:
        lacking = await read_lacking(self.live, self.archive, delivered["key"], imported)
        files = await self.live.read(reading.read_assets, delivered["key"])
        more = {"thread_id": delivered["thread_id"], "message_count": imported["message_count"] + len(lacking)}
        return FoundChat(self.archive, {**imported, **more}, imported=True, lacking=tuple(lacking), lacking_files=files)

    async def view_messages(self, chat: FoundChat, rows: Sequence[Row]) -> list[MessageView]:
        """Make messages of rows."""
        assets = await chat.read_files()
        costs = (
            {} if chat.imported else {place: cost for _, place, cost in await chat.database.read(reading.read_costs, [chat.key])}
        )
        return [self._view_message(row, assets, costs.get(row["id"])) for row in rows]

    def _view_message(self, row: Row, assets: Mapping[str, Row], cost: str | None) -> MessageView:
        details = read_details(row["details"])
        attachments = [self._view_attachment(item.id, item.name, assets.get(item.id)) for item in details.attachments]
        return MessageView(
            id=row["id"],
            parent_id=row["parent"],
            role=row["role"],
            kind=row["kind"],
            text=row["text"],
            created_at=to_iso(row["created_at"]),
            model=row["model"],
            state="done",
            name=details.name,
            language=details.language,
            attachments=attachments,
            citations=[CitationView(number=item.number, title=item.title, url=item.url) for item in details.citations],
            cost=cost,
        )

    def _view_attachment(self, asset_id: str, name: str, row: Row | None) -> AttachmentView:
        if row is None:
            return AttachmentView(id=asset_id, name=name, content_type="", size=0, available=False)
        available = self._assets.find(row["sha256"], row["size"]) is not None
        return AttachmentView(
            id=asset_id, name=name or row["name"], content_type=row["content_type"], size=row["size"], available=available
        )

    async def _sum_costs(self, keys: Sequence[int]) -> dict[int, str]:
        sums: dict[int, Decimal] = {}
        for key, _, cost in await self.live.read(reading.read_costs, keys) if keys else ():
            sums[key] = sums.get(key, Decimal()) + Decimal(cost)
        return {key: str(total) for key, total in sums.items()}


def order_of(item: tuple[Row, bool]) -> tuple[bool, float, bool, int]:
    """Return by what conversations are sorted: the last changed first, live ones before imported ones of the same time."""
    row, imported = item
    return (row["updated_at"] is not None, row["updated_at"] or 0.0, not imported, row["key"])


def view_chat(row: Row, cost: str | None) -> ChatRow:
    """Make the view of a conversation."""
    names = ("id", "title", "model", "source", "message_count", "starred", "archived", "temporary")
    project = ProjectName(id=row["project"], name=row["project_name"] or row["project"]) if row["project"] else None
    times = {"created_at": to_iso(row["created_at"]), "updated_at": to_iso(row["updated_at"])}
    return ChatRow(**{name: row[name] for name in names}, **times, project=project, cost=cost)


def view_answer(row: Row) -> MessageView:
    """Make a message of an answer that is open, or that failed."""
    return MessageView(
        id=row["id"],
        parent_id=row["message"],
        role="assistant",
        kind="text",
        text=row["text"],
        created_at=to_iso(row["created_at"]),
        model=row["model"],
        state=row["state"],
        error=row["error"],
        cost=row["cost"],
    )


def read_details(text: str) -> Details:
    """Read the details of a message; none if they are damaged."""
    try:
        return Details.model_validate_json(text) if text else Details()
    except ValidationError:
        return Details()


def to_iso(time: float | None) -> str | None:
    """Convert a time into ISO 8601 in UTC; None if there is none, or one that no calendar has."""
    try:
        return None if time is None else datetime.fromtimestamp(time, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return None


def encode_cursor(place: BaseModel) -> str:
    """Encode a place as a cursor."""
    return urlsafe_b64encode(place.model_dump_json().encode()).decode().rstrip("=")


def decode_cursor(kind: type[Place], cursor: str) -> Place:
    """Decode a cursor. Raises InvalidInput for what is none."""
    try:
        content: Any = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return kind.model_validate(content)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(BAD_CURSOR) from error
