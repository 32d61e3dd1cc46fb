"""Chats, and which prompt of each is next. Each function is a part of its caller's transaction.

Of a chat one prompt at a time is with an extension, in order. `ready` of a prompt says that it is the next of its chat and can
be claimed; whatever ends a prompt, moves it or adds one calls `refresh`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, exists, insert, literal_column, select, update

from server.core.errors import NotFound
from server.integrations.queue.models import Chat
from server.integrations.queue.store.rows import to_chat
from server.integrations.queue.store.tables import IS_OPEN, chat, client, prompt
from server.storage.prepared import Prepared

NO_CHAT = "There is no such chat."

ADD = Prepared(insert(chat))
KNOWN = select(chat).where(chat.c.client == bindparam("of"), chat.c.chat_id == bindparam("which")).order_by(chat.c.id).limit(1)
ALL = select(chat).order_by(chat.c.id)
FOUND = select(chat).where(chat.c.chat_id == bindparam("which")).order_by(chat.c.id).limit(1)
UPDATE = Prepared(
    update(chat)
    .where(chat.c.id == bindparam("which"))
    .values(chat_id=bindparam("known_as"), title=bindparam("named"), updated_at=bindparam("now"))
)
RENAME_KEY = (
    update(prompt).where(prompt.c.chat == bindparam("of"), IS_OPEN).values(chat_key=bindparam("after"), ready=literal_column("0"))
)

other = prompt.alias("other")
HELD = exists().where(other.c.chat_key == bindparam("key"), other.c.worker.is_not(None))
FIRST = (
    select(other.c.number)
    .join(client, and_(client.c.id == other.c.client, client.c.approved))
    .where(other.c.chat_key == bindparam("key"), other.c.is_open)
    .order_by(other.c.position)
    .limit(1)
    .scalar_subquery()
)
READY = case((prompt.c.not_before > bindparam("now"), literal_column("2")), else_=literal_column("1"))
REFRESH = Prepared(update(prompt).where(prompt.c.number == FIRST, ~HELD).values(ready=READY))
CLEAR = (
    update(prompt).where(prompt.c.chat_key == bindparam("key"), IS_OPEN, prompt.c.ready != literal_column("0")).values(ready=0)
)


def make_key(number: int, chat_id: str | None) -> str:
    """Make the key of a chat: the same for all clients, as ChatGPT has the chat once. No client can name a new one."""
    return chat_id if chat_id and not chat_id.startswith(":") else f":{number}"


def find_chat(connection: Connection, client_id: str | None, chat_id: str) -> Chat | None:
    """Find a chat of a client, or of any, by ChatGPT's id."""
    if client_id is None:
        row = connection.execute(FOUND, {"which": chat_id}).first()
    else:
        row = connection.execute(KNOWN, {"of": client_id, "which": chat_id}).first()
    return to_chat(row) if row else None


def require_chat(connection: Connection, client_id: str | None, chat_id: str) -> Chat:
    """Find a chat of a client, or of any. Raises NotFound."""
    current = find_chat(connection, client_id, chat_id)
    if current is None:
        raise NotFound(NO_CHAT)
    return current


def list_chats(connection: Connection, client_id: str | None, after: int, limit: int) -> list[Chat]:
    """List so many chats after one, oldest first."""
    query = ALL if client_id is None else ALL.where(chat.c.client == client_id)
    return [to_chat(row) for row in connection.execute(query.where(chat.c.id > after).limit(limit))]


def add_chats(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new chats."""
    ADD.run(connection, rows)


def update_chats(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store what the extension reported: `which`, `known_as`, `named` and `now`."""
    UPDATE.run(connection, rows)


def rename_key(connection: Connection, number: int, key: str, now: float) -> None:
    """Give the open prompts of a chat whose id has become known their key, which those of other clients may have already."""
    connection.execute(RENAME_KEY, {"of": number, "after": key})
    reorder(connection, key, now)


def refresh(connection: Connection, keys: Iterable[str], now: float) -> None:
    """Make the next prompt of each chat ready, unless one is with an extension."""
    REFRESH.run(connection, [{"key": key, "now": now} for key in dict.fromkeys(keys)])


def reorder(connection: Connection, key: str, now: float) -> None:
    """Choose the next prompt of a chat again, after its order has changed."""
    connection.execute(CLEAR, {"key": key})
    refresh(connection, [key], now)
