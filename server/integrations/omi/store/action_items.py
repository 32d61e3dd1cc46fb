"""Action items of conversations."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from server.integrations.omi.payload import Todo
from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import action_item

OF = (action_item.c.uid == bindparam("of"), action_item.c.conversation_id == bindparam("which"))
READABLE = action_item.c.uid.in_(ACCEPTED)
MARKED = select(action_item.c.id, action_item.c.completed).where(*OF, action_item.c.marked.is_(True))
REMOVE_OF = delete(action_item).where(*OF)
ADD = insert(action_item)
READ = select(action_item).where(READABLE, action_item.c.id == bindparam("which"))
READ_OF = select(action_item).where(*OF).order_by(action_item.c.place)
MARK = update(action_item).where(action_item.c.id == bindparam("which")).values(completed=bindparam("done"), marked=True)
COUNT_OPEN = select(func.count()).select_from(action_item).where(READABLE, action_item.c.completed.is_(False))
NEWEST = (action_item.c.created_at.desc(), action_item.c.conversation_id, action_item.c.place)


def put_all(connection: Connection, uid: str, conversation_id: str, todos: Iterable[Todo], created_at: str) -> None:
    """Replace a conversation's action items. Marks that were set here stay."""
    of = {"of": uid, "which": conversation_id}
    marked = {row.id: row.completed for row in connection.execute(MARKED, of)}
    connection.execute(REMOVE_OF, of)
    rows: dict[str, dict[str, Any]] = {}
    for place, todo in enumerate(todos):
        number = make_id(uid, conversation_id, todo.description)
        rows[number] = {
            "id": number,
            "uid": uid,
            "conversation_id": conversation_id,
            "place": place,
            "description": todo.description,
            "completed": marked.get(number, todo.completed),
            "marked": number in marked,
            "due_at": todo.due_at,
            "created_at": todo.created_at or created_at,
        }
    if rows:
        connection.execute(ADD, list(rows.values()))


def make_id(uid: str, conversation_id: str, description: str) -> str:
    """Make an item's id, which depends on its words alone."""
    content = f"{uid}\n{conversation_id}\n{description}"
    return "a-" + hashlib.sha256(content.encode()).hexdigest()[:32]


def read_some(connection: Connection, limit: int, offset: int, *, completed: bool | None) -> list[Mapping[str, Any]]:
    """Read items of accepted uids, the newest first. `completed`: only those done, or not done."""
    statement = select(action_item).where(READABLE).order_by(*NEWEST).limit(limit).offset(offset)
    if completed is not None:
        statement = statement.where(action_item.c.completed.is_(completed))
    return [dict(row) for row in connection.execute(statement).mappings()]


def read(connection: Connection, item_id: str) -> Mapping[str, Any] | None:
    """Read an item of an accepted uid."""
    row = connection.execute(READ, {"which": item_id}).mappings().first()
    return dict(row) if row else None


def read_of(connection: Connection, uid: str, conversation_id: str) -> list[Mapping[str, Any]]:
    """Read the items of a conversation, in their order."""
    return [dict(row) for row in connection.execute(READ_OF, {"of": uid, "which": conversation_id}).mappings()]


def mark(connection: Connection, item_id: str, *, completed: bool) -> None:
    """Mark an item as done or not done."""
    connection.execute(MARK, {"which": item_id, "done": completed})
