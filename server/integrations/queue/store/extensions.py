"""Paired extensions. Each function is a part of its caller's transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.integrations.queue.store.tables import extension

ALL = select(extension).order_by(extension.c.paired_at, extension.c.id)
FIND = select(extension).where(extension.c.id == bindparam("which"))
CHANGE = update(extension).where(extension.c.id == bindparam("which"))
REMOVE = delete(extension).where(extension.c.id == bindparam("which"))


def add_extension(connection: Connection, values: Mapping[str, Any]) -> None:
    """Store a paired extension: the columns of queue_extension."""
    connection.execute(insert(extension), dict(values))


def list_extensions(connection: Connection) -> list[dict[str, Any]]:
    """List the paired extensions, oldest first."""
    return [dict(row) for row in connection.execute(ALL).mappings()]


def find_extension(connection: Connection, extension_id: str) -> dict[str, Any] | None:
    """Find a paired extension."""
    row = connection.execute(FIND, {"which": extension_id}).mappings().first()
    return dict(row) if row else None


def change_extension(connection: Connection, extension_id: str, values: Mapping[str, Any]) -> bool:
    """Change columns of a paired extension; return False if there is none."""
    return connection.execute(CHANGE.values(dict(values)), {"which": extension_id}).rowcount > 0


def remove_extension(connection: Connection, extension_id: str) -> bool:
    """Remove a paired extension; return False if there is none."""
    return connection.execute(REMOVE, {"which": extension_id}).rowcount > 0
