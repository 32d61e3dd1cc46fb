"""Deleted conversations, in either database. Each function is a part of its caller's transaction.

A conversation is deleted with every row that refers to it, whatever table that is in, and for a while these can be put back.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from server.integrations.conversations.store.message_keys import PER_SECOND, allocate_keys
from server.integrations.conversations.store.row_trees import Tree, list_values, read_tree, write_tree
from server.integrations.conversations.store.search_index import index_conversation, unindex_conversation
from server.integrations.conversations.store.tables import asset, conversation, deleted, deleted_asset, message, project

AT_ONCE = 100  # conversations of one transaction
KEY = select(conversation.c.key).where(conversation.c.id == bindparam("which"))
REMOVE = delete(conversation).where(conversation.c.id == bindparam("which"))
ADD, ADD_ASSET = insert(deleted), insert(deleted_asset)
NUMBER = select(deleted.c.key).where(deleted.c.id == bindparam("which"))
FORGET = delete(deleted).where(deleted.c.id == bindparam("which"))
FIND = select(deleted.c.data).where(deleted.c.id == bindparam("which"), deleted.c.deleted_at >= bindparam("since"))
EXPIRED = select(deleted.c.key).where(deleted.c.deleted_at < bindparam("before")).limit(AT_ONCE)
ASSETS = select(deleted_asset.c.sha256).where(deleted_asset.c.deleted.in_(bindparam("some", expanding=True))).distinct()
PURGE = delete(deleted).where(deleted.c.key.in_(bindparam("some", expanding=True)))
RETAINED = select(project.c.id, project.c.retention_days).where(project.c.retention_days.is_not(None))
LAST_CHANGE = func.coalesce(conversation.c.updated_at, conversation.c.created_at)
OLD = (
    select(conversation.c.id)
    .where(conversation.c.project == bindparam("of"), bindparam("before") > LAST_CHANGE)
    .order_by(LAST_CHANGE)
    .limit(AT_ONCE)
)
SECONDS_OF_A_DAY = 86_400


def remove(connection: Connection, chat_id: str, now: float) -> Tree | None:
    """Delete a conversation, and hold its rows for a while. Returns them; None if there is no such conversation."""
    key = connection.execute(KEY, {"which": chat_id}).scalar()
    if key is None:
        return None
    tree = read_tree(connection, conversation.name, conversation.c.key.name, key)
    unindex_conversation(connection, key)
    connection.execute(REMOVE, {"which": chat_id})
    connection.execute(FORGET, {"which": chat_id})  # of an earlier import
    row = {"id": chat_id, "deleted_at": now, "data": pack(tree)}
    connection.execute(ADD, row)
    number = connection.execute(NUMBER, {"which": chat_id}).scalar_one()
    digests = {digest for digest in list_values(tree, asset.name, asset.c.sha256.name) if digest}
    if digests:
        connection.execute(ADD_ASSET, [{"deleted": number, "sha256": digest} for digest in sorted(digests)])
    return tree


def exists(connection: Connection, chat_id: str) -> bool:
    """Return whether there is a conversation."""
    return connection.execute(KEY, {"which": chat_id}).first() is not None


def read_deleted(connection: Connection, chat_id: str) -> Tree:
    """Read the rows of a deleted conversation that are still held; empty if there is none."""
    data = connection.execute(FIND, {"which": chat_id, "since": 0}).scalar()
    return unpack(data) if data else []


def put_back(connection: Connection, chat_id: str, since: float) -> bool | None:
    """Put a conversation back that was deleted after a time. None: there is none; False: it is there again."""
    data = connection.execute(FIND, {"which": chat_id, "since": since}).scalar()
    if data is None:
        return None
    if exists(connection, chat_id):
        return False

    def number(table: str, numbers: Sequence[int]) -> list[int] | None:
        return allocate_keys(connection, [key // PER_SECOND for key in numbers]) if table == message.name else None

    tree = unpack(data)
    for rows in (rows for name, rows in tree if name == message.name):
        rows.sort(key=lambda row: row[message.c.key.name])  # they get keys in this order
    write_tree(connection, tree, number)
    connection.execute(FORGET, {"which": chat_id})
    index_conversation(connection, connection.execute(KEY, {"which": chat_id}).scalar_one())
    return True


def purge(connection: Connection, before: float) -> tuple[int, list[str]]:
    """Delete for good what was deleted before a time, a hundred conversations at most. Returns their number and their files."""
    keys = connection.execute(EXPIRED, {"before": before}).scalars().all()
    digests = list(connection.execute(ASSETS, {"some": keys}).scalars())
    connection.execute(PURGE, {"some": keys})
    return len(keys), digests


def list_old(connection: Connection, now: float) -> list[str]:
    """List conversations that are older than their project keeps them, a hundred of each project at most."""
    return [
        chat_id
        for project_id, days in connection.execute(RETAINED)
        for chat_id in connection.execute(OLD, {"of": project_id, "before": now - days * SECONDS_OF_A_DAY}).scalars()
    ]


def pack(tree: Tree) -> bytes:
    """Write rows as compressed JSON."""

    def encode(value: Any) -> Any:
        return {"base64": b64encode(value).decode()}

    return zlib.compress(json.dumps(tree, default=encode).encode(), 1)


def unpack(data: bytes) -> Tree:
    """Read rows that `pack` has written."""

    def decode(value: dict[str, Any]) -> Any:
        return b64decode(value["base64"]) if value.keys() == {"base64"} else value

    tree: Tree = json.loads(zlib.decompress(data), object_hook=decode)
    return tree
