"""Conversations of another database or of this one, to be copied into a live one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal, select

from server.integrations.conversations.live.models import Chat
from server.integrations.conversations.live.sync_models import Selection
from server.integrations.conversations.models import Kind
from server.integrations.conversations.store import live, syncs
from server.integrations.conversations.store.message_keys import allocate_keys
from server.integrations.conversations.store.message_times import fill_times
from server.integrations.conversations.store.reading import Row
from server.integrations.conversations.store.search_index import index_stored_messages
from server.integrations.conversations.store.tables import asset, conversation, message

LONGEST_PATH = 20_000  # messages, against a cycle
FIND = select(conversation).where(conversation.c.id == bindparam("which"))
COUNT = select(conversation.c.id, conversation.c.title, conversation.c.message_count).where(
    conversation.c.id.in_(bindparam("some", expanding=True))
)
ASSETS = select(asset).where(asset.c.conversation == bindparam("of"), asset.c.id.in_(bindparam("some", expanding=True)))
ADD = insert(message)
ADD_ASSET = insert(asset)
COUNTED = live.COUNTED.values(message_count=conversation.c.message_count + bindparam("more"))
AT_ONCE = 500


def make_path_statement() -> Any:
    """Make the statement of the messages from one of them up to the first."""
    names = ("id", "parent", "role", "kind", "text", "details", "created_at", "model")
    columns = [message.c[name] for name in names]
    path = (
        select(*columns, literal(0).label("depth"))
        .where(message.c.conversation == bindparam("of"), message.c.id == bindparam("leaf"))
        .cte("path", recursive=True)
    )
    above = (
        select(*columns, path.c.depth + 1)
        .join(path, message.c.id == path.c.parent)
        .where(message.c.conversation == bindparam("of"), path.c.depth < LONGEST_PATH)
    )
    path = path.union_all(above)
    return select(path).where(path.c.kind != Kind.thoughts).order_by(path.c.depth.desc())


PATH = make_path_statement()


def find(connection: Connection, chat_id: str) -> Row | None:
    """Find a conversation by its own id."""
    row = connection.execute(FIND, {"which": chat_id}).mappings().first()
    return dict(row) if row else None


def count(connection: Connection, ids: Sequence[str]) -> Selection:
    """Count the conversations among these ids, and their messages."""
    known: dict[str, Any] = {}
    for start in range(0, len(ids), AT_ONCE):
        rows = connection.execute(COUNT, {"some": list(ids[start : start + AT_ONCE])})
        known |= {row.id: row for row in rows}
    return syncs.to_selection(list(known.values()))


def read_messages(connection: Connection, key: int, leaf: str) -> list[Row]:
    """Read the messages from a conversation's beginning to one of its messages; thoughts are left out."""
    return [dict(row) for row in connection.execute(PATH, {"of": key, "leaf": leaf}).mappings()]


def read_assets(connection: Connection, key: int, ids: Sequence[str]) -> list[Row]:
    """Read the rows of attached files."""
    return [dict(row) for row in connection.execute(ASSETS, {"of": key, "some": list(ids)}).mappings()]


def add_messages(connection: Connection, chat: Chat, rows: Sequence[Row], now: float) -> str:
    """Add messages to a new conversation as a path of their own; return the id of the last one."""
    keys = allocate_keys(connection, fill_times([row["created_at"] for row in rows], now))
    parent, values = "", []
    for key, row in zip(keys, rows, strict=True):
        own = {name: row[name] for name in ("id", "role", "kind", "text", "created_at", "model", "details")}
        values.append({**own, "key": key, "conversation": chat.key, "parent": parent})
        parent = row["id"]
    if values:
        connection.execute(ADD, values)
        connection.execute(COUNTED, {"of": chat.key, "at": now, "more": len(values)})
        index_stored_messages(connection, sorted(keys))
        live.show_path(connection, chat, parent)
    return parent


def add_assets(connection: Connection, chat: Chat, rows: Sequence[Row]) -> None:
    """Add the rows of attached files, whose files are shared."""
    names = ("id", "name", "content_type", "size", "sha256")
    if rows:
        connection.execute(ADD_ASSET, [{"conversation": chat.key, **{name: row[name] for name in names}} for row in rows])
