"""Live transcripts: segments by session, each with its latest words."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.core.items import convert_item
from server.integrations.omi.payload import read_segment
from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import segment
from server.integrations.omi.transcript import Segment
from server.storage.sqlite import select_values

OF = (segment.c.uid == bindparam("of"), segment.c.session == bindparam("during"))
BY_ID = (*OF, segment.c.id == bindparam("which"))
CHANGE = update(segment).where(*BY_ID).values(start=bindparam("begins"), at=bindparam("now"), body=bindparam("content"))
ADD = insert(segment)
LATEST = select(segment.c.uid, segment.c.session, segment.c.at).where(segment.c.uid.in_(ACCEPTED)).order_by(segment.c.at.desc())
READ = select(segment.c.body).where(*OF).order_by(segment.c.start.desc(), segment.c.id.desc()).limit(bindparam("most"))
REMOVE = delete(segment).where(segment.c.uid == bindparam("of"), segment.c.id.in_(select_values("ids")))
FORGET_OLD = (delete(segment).where(segment.c.at < bindparam("before")),)


def put_all(connection: Connection, uid: str, session: str, segments: Iterable[Mapping[str, Any]], now: str) -> bool:
    """Add segments; a segment with a known id is replaced."""
    for place, data in enumerate(segments):
        parsed, body = read_segment(data, place), json.dumps(data)
        key = {"of": uid, "during": session, "which": parsed.id}
        if not connection.execute(CHANGE, {**key, "begins": parsed.start, "now": now, "content": body}).rowcount:
            row = {"uid": uid, "session": session, "id": parsed.id, "start": parsed.start, "at": now, "body": body}
            connection.execute(ADD, row)
    return True


def remove(connection: Connection, uid: str, segments: Iterable[str]) -> None:
    """Remove segments by their ids, in all sessions."""
    connection.execute(REMOVE, {"of": uid, "ids": json.dumps(list(segments))})


def find_latest(connection: Connection, session: str | None = None) -> Mapping[str, Any] | None:
    """Find the latest session of accepted uids: `uid`, `session`, `at`."""
    statement = LATEST if session is None else LATEST.where(segment.c.session == session)
    row = connection.execute(statement.limit(1)).mappings().first()
    return dict(row) if row else None


def read(connection: Connection, uid: str, session: str, most: int) -> list[Segment]:
    """Read the last segments of a session, in their order."""
    rows = connection.execute(READ, {"of": uid, "during": session, "most": most})
    bodies = [convert_item(row.body, json.loads, lambda _: None) for row in rows]
    return [read_segment(body) for body in bodies][::-1]
