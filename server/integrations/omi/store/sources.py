"""Uids and the person's decisions about them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from server.core.command import format_command
from server.core.errors import NotFound
from server.integrations.omi.models import SourceState
from server.integrations.omi.store import texts
from server.integrations.omi.store.tables import (
    RemoveFiles,
    action_item,
    arrival,
    aside,
    button,
    conversation,
    count,
    delivery,
    recording,
    segment,
    source,
    summary,
)

WHAT_IT_SENT = (action_item, arrival, aside, button, conversation, delivery, recording, segment, summary)
ORDER = {SourceState.waiting: 0, SourceState.accepted: 1, SourceState.denied: 2}
FIND = select(source).where(source.c.uid == bindparam("which"))
ALL = select(source).order_by(source.c.last_at.desc())
WAITING = select(source).where(source.c.state == SourceState.waiting).order_by(source.c.first_at)
COUNT_WAITING = select(func.count()).where(source.c.state == SourceState.waiting)
COUNT_OF_CLIENTS = COUNT_WAITING.where(source.c.first_client != "")
ACCEPTED = select(source.c.uid).where(source.c.state == SourceState.accepted)
BY_QUESTION = WAITING.where(source.c.question == bindparam("pending"))
ADD = insert(source)
DECIDE = update(source).where(source.c.uid == bindparam("which")).values(state=bindparam("said"), kept_aside=0, bytes_aside=0)
KEEP_ASIDE = (
    update(source)
    .where(source.c.uid == bindparam("which"))
    .values(
        last_at=bindparam("now"),
        kept_aside=source.c.kept_aside + bindparam("more"),
        bytes_aside=source.c.bytes_aside + bindparam("size"),
    )
)
DROP = update(source).where(source.c.uid == bindparam("which")).values(last_at=bindparam("now"), dropped=source.c.dropped + 1)
FORGET = delete(source).where(source.c.uid == bindparam("which"))
FORGET_SENT = [delete(table).where(table.c.uid == bindparam("which")) for table in WHAT_IT_SENT]
RECORDINGS = select(recording.c.name).where(recording.c.uid == bindparam("which"))
CONVERSATIONS = (
    select(conversation.c.uid, func.count().label("many")).where(conversation.c.deleted_at.is_(None)).group_by(conversation.c.uid)
)

Row = Mapping[str, Any]


def find(connection: Connection, uid: str) -> Row | None:
    """Find a uid."""
    row = connection.execute(FIND, {"which": uid}).mappings().first()
    return dict(row) if row else None


def read_all(connection: Connection) -> list[Row]:
    """Read all uids with their number of conversations, those that wait first."""
    many = {row.uid: row.many for row in connection.execute(CONVERSATIONS)}
    rows = [{**row, "conversations": many.get(row["uid"], 0)} for row in connection.execute(ALL).mappings()]
    return sorted(rows, key=lambda row: ORDER[SourceState(row["state"])])


def read_waiting(connection: Connection) -> list[Row]:
    """Read the uids that wait for a decision, oldest first."""
    return [dict(row) for row in connection.execute(WAITING).mappings()]


def count_rivals(connection: Connection, client: str) -> int:
    """Count the waiting uids under the same limit: those that clients named, or those that OMI named."""
    of_clients = count(connection, COUNT_OF_CLIENTS)
    return of_clients if client else count(connection, COUNT_WAITING) - of_clients


def add(connection: Connection, values: Row) -> None:
    """Add a uid."""
    connection.execute(ADD, {"first_client": "", "kept_aside": 0, "bytes_aside": 0, "dropped": 0, **values})


def accept(connection: Connection, question: str) -> str:
    """Accept a uid and return it. Raises NotFound if the approval request is not waiting any more."""
    uid = find_waiting(connection, question)
    connection.execute(DECIDE, {"which": uid, "said": SourceState.accepted})
    return uid


def deny(connection: Connection, question: str, remove_files: RemoveFiles) -> str:
    """Deny a uid, remove what it has sent, and return it. Raises NotFound."""
    uid = find_waiting(connection, question)
    remove_sent(connection, uid, remove_files)
    connection.execute(DECIDE, {"which": uid, "said": SourceState.denied})
    return uid


def forget(connection: Connection, uid: str, remove_files: RemoveFiles) -> None:
    """Remove a uid with all it has sent. Raises NotFound."""
    if find(connection, uid) is None:
        raise NotFound("Nothing was heard of this uid.")
    remove_sent(connection, uid, remove_files)
    connection.execute(FORGET, {"which": uid})


def remove_sent(connection: Connection, uid: str, remove_files: RemoveFiles) -> None:
    """Remove all that a uid has sent."""
    recordings = [row.name for row in connection.execute(RECORDINGS, {"which": uid})]
    for statement in FORGET_SENT:
        connection.execute(statement, {"which": uid})
    texts.unindex_gone(connection)
    remove_files(recordings)


def find_waiting(connection: Connection, question: str) -> str:
    """Find the uid of an approval request. Raises NotFound if it is not waiting any more."""
    row = connection.execute(BY_QUESTION, {"pending": question}).first()
    if row is None:
        raise NotFound(f"This request is no longer pending. `{format_command('approvals list')}` shows the pending ones.")
    return str(row.uid)
