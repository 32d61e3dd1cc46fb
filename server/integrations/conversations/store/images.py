"""Rows of the pictures of live conversations."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from server.integrations.conversations.store.tables import asset

ADD = insert(asset)
READ = select(asset).where(asset.c.conversation == bindparam("of"), asset.c.id.in_(bindparam("some", expanding=True)))


def add(connection: Connection, key: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add pictures to a conversation."""
    if rows:
        connection.execute(ADD, [{"conversation": key, **row} for row in rows])


def read(connection: Connection, key: int, ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Read the rows of pictures."""
    return [dict(row) for row in connection.execute(READ, {"of": key, "some": list(ids)}).mappings()]
