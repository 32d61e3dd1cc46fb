"""Deliveries without content: they are kept as they came, and are no conversation or summary."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import aside

MOST_KEPT = 200  # of one uid; then the oldest goes
ADD = insert(aside)
OF = aside.c.uid == bindparam("of")
NEWEST = select(aside.c.number).where(OF).order_by(aside.c.number.desc()).limit(bindparam("most"))
REMOVE_OLDEST = delete(aside).where(OF, aside.c.number.not_in(NEWEST))
COUNT = select(func.count()).select_from(aside).where(aside.c.uid.in_(ACCEPTED))
FORGET_OLD = (delete(aside).where(aside.c.at < bindparam("before")),)


def put(connection: Connection, row: dict[str, Any]) -> bool:
    """Keep a delivery: its uid, kind, time, client and body."""
    connection.execute(ADD, row)
    connection.execute(REMOVE_OLDEST, {"of": row["uid"], "most": MOST_KEPT})
    return True
