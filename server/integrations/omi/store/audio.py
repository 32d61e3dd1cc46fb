"""Rows of the audio recordings, whose content lies in files."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import RemoveFiles, recording

BY_NAME = recording.c.name == bindparam("which")
LATEST = (
    select(recording)
    .where(recording.c.uid == bindparam("of"), recording.c.rate == bindparam("hertz"))
    .order_by(recording.c.last_at.desc())
    .limit(1)
)
ADD = insert(recording)
GROW = update(recording).where(BY_NAME).values(size=bindparam("grown"), last_at=bindparam("now"))
OLDEST = select(recording).order_by(recording.c.last_at)
REMOVE = delete(recording).where(BY_NAME)
SIZE = select(func.coalesce(func.sum(recording.c.size), 0)).where(recording.c.uid.in_(ACCEPTED))


def find_latest(connection: Connection, uid: str, rate: int) -> Mapping[str, Any] | None:
    """Find the recording of a uid that grew last."""
    row = connection.execute(LATEST, {"of": uid, "hertz": rate}).mappings().first()
    return dict(row) if row else None


def put(connection: Connection, row: Mapping[str, Any]) -> None:
    """Add a recording, or update its length."""
    grown = {"which": row["name"], "grown": row["size"], "now": row["last_at"]}
    if not connection.execute(GROW, grown).rowcount:
        connection.execute(ADD, row)


def forget_old(connection: Connection, before: str, limit: int, remove_files: RemoveFiles) -> None:
    """Delete recordings from before a moment, and the oldest until the rest fits."""
    rows = connection.execute(OLDEST).all()
    total, removed = sum(row.size for row in rows), []
    for row in rows:
        if row.last_at < before or total > limit:
            removed.append(row.name)
            total -= row.size
            connection.execute(REMOVE, {"which": row.name})
    remove_files(removed)
