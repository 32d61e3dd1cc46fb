"""Tombstones: the ids of imported conversations that were deleted. Each function is a part of its caller's transaction."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from server.integrations.conversations.store import deletion
from server.integrations.conversations.store.import_tables import change, tombstone
from server.integrations.conversations.store.row_trees import Tree
from server.integrations.conversations.store.tables import conversation, deleted
from server.storage.sqlite import select_values

ADD = insert(tombstone).on_conflict_do_nothing()
REMOVE = delete(tombstone).where(tombstone.c.id == bindparam("which"))
DELETED = select(tombstone.c.id).where(
    tombstone.c.id.in_(select_values("some")),
    tombstone.c.id.not_in(select(conversation.c.id)),
)
FORGET_EARLIER = (
    update(change)
    .where(
        change.c.previous.is_not(None),
        change.c.id.in_(select(tombstone.c.id)),
        change.c.id.not_in(select(conversation.c.id)),
        change.c.id.not_in(select(deleted.c.id)),
    )
    .values(previous=None)
)
ALL_DELETED = select(tombstone.c.id).where(tombstone.c.id.not_in(select(conversation.c.id)))


def remove(connection: Connection, chat_id: str, now: float) -> Tree | None:
    """Delete an imported conversation, also for later imports. Returns its rows; None if there is none."""
    tree = deletion.remove(connection, chat_id, now)
    if tree is not None:
        connection.execute(ADD, {"id": chat_id, "deleted_at": now})
    return tree


def put_back(connection: Connection, chat_id: str, since: float) -> bool | None:
    """Put an imported conversation back, as `deletion.put_back` does."""
    restored = deletion.put_back(connection, chat_id, since)
    if restored:
        connection.execute(REMOVE, {"which": chat_id})
    return restored


def purge(connection: Connection, before: float) -> tuple[int, list[str]]:
    """Delete for good what was deleted before a time, as `deletion.purge` does, and what imports keep of it to be undone."""
    count, digests = deletion.purge(connection, before)
    if count:
        connection.execute(FORGET_EARLIER)
    return count, digests


def list_deleted(connection: Connection, ids: Sequence[str]) -> set[str]:
    """List those of these ids whose conversation was deleted, and is not here again."""
    return set(connection.execute(DELETED, {"some": json.dumps(list(ids))}).scalars())


def list_all_deleted(connection: Connection) -> list[str]:
    """List the ids of all conversations that were deleted, and are not here again."""
    return list(connection.execute(ALL_DELETED).scalars())
