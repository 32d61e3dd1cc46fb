"""Day summaries, and presses of the button."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import button, summary

BY_ID = (summary.c.uid == bindparam("of"), summary.c.id == bindparam("which"))
FIND = select(summary.c.created_at).where(*BY_ID)
ADD = insert(summary)
CHANGE = update(summary).where(*BY_ID)
READ = select(summary).where(summary.c.uid.in_(ACCEPTED)).order_by(summary.c.date.desc(), summary.c.created_at.desc())
COUNT = select(func.count()).select_from(summary).where(summary.c.uid.in_(ACCEPTED))
ADD_PRESS = insert(button)
FORGET_OLD = (
    delete(summary).where(summary.c.created_at < bindparam("before")),
    delete(button).where(button.c.at < bindparam("before")),
)


def put(connection: Connection, uid: str, values: Mapping[str, str]) -> bool:
    """Add or replace a summary (`id`, `date`, `created_at`, `body`). False: a newer one is known."""
    key = {"of": uid, "which": values["id"]}
    known = connection.execute(FIND, key).first()
    if known is None:
        connection.execute(ADD, {"uid": uid, **values})
    elif known.created_at > values["created_at"]:
        return False
    else:
        connection.execute(CHANGE, {**key, "date": values["date"], "created_at": values["created_at"], "body": values["body"]})
    return True


def read_some(connection: Connection, limit: int, offset: int) -> list[Mapping[str, Any]]:
    """Read summaries of accepted uids, the newest day first."""
    return [dict(row) for row in connection.execute(READ.limit(limit).offset(offset)).mappings()]


def add_press(connection: Connection, uid: str, event: str, body: str, now: str) -> bool:
    """Add a press of the button."""
    connection.execute(ADD_PRESS, {"uid": uid, "event": event, "at": now, "body": body})
    return True
