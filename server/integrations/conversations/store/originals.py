"""Conversations as an export had them."""

from sqlalchemy import Connection, bindparam, select

from server.integrations.conversations.store.tables import original

READ = select(original.c.data).where(original.c.conversation == bindparam("of"))


def read_original(connection: Connection, key: int) -> bytes | None:
    """Read the compressed JSON of a conversation; None if it was not imported."""
    data: bytes | None = connection.execute(READ, {"of": key}).scalar()
    return data
