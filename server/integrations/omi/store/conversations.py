"""Conversations: the newest state of each, and looking them up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from server.core.errors import Conflict
from server.integrations.omi.payload import Conversation
from server.integrations.omi.store.action_items import REMOVE_OF, put_all
from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import action_item, conversation

NOT_YOURS = "A conversation with this id is here already, and you did not add it. Give yours an id of its own."
UNFINISHED = ("in_progress", "processing", "merging")
LINE = (
    conversation.c.uid,
    conversation.c.id,
    conversation.c.title,
    conversation.c.overview,
    conversation.c.category,
    conversation.c.created_at,
)
OWN = (conversation.c.uid == bindparam("of"), conversation.c.id == bindparam("which"))
READABLE = (conversation.c.uid.in_(ACCEPTED), conversation.c.deleted_at.is_(None))
FIND = select(conversation).where(*OWN)
READ = (
    select(conversation)
    .where(*READABLE, conversation.c.id == bindparam("which"))
    .order_by(conversation.c.added_by != "", conversation.c.created_at.desc())  # what OMI delivered is hidden by no client's
    .limit(1)
)
COUNT = select(func.count()).select_from(conversation).where(*READABLE, conversation.c.discarded.is_(False))
ADD = insert(conversation)
CHANGE = update(conversation).where(*OWN)
REMOVE = CHANGE.values(deleted_at=bindparam("now"), body="", words="", title="", overview="")
NEWEST = (conversation.c.created_at.desc(), conversation.c.uid, conversation.c.id)
OLD = conversation.c.created_at < bindparam("before")
FORGET_OLD = delete(conversation).where(OLD)
FORGET_ITEMS_OF_OLD = delete(action_item).where(
    select(conversation.c.id)
    .where(OLD, conversation.c.uid == action_item.c.uid, conversation.c.id == action_item.c.conversation_id)
    .exists()
)


@dataclass(frozen=True)
class Wanted:
    """Which conversations are asked for. `start`, `end`: ISO 8601 in UTC, the end excluded. `words`: all are in it."""

    limit: int
    offset: int = 0
    start: str = ""
    end: str = ""
    category: str = ""
    words: tuple[str, ...] = ()
    discarded: bool = False


def put(connection: Connection, uid: str, told: Conversation, body: str, now: str, client: str = "") -> bool:
    """Keep a conversation, or what is new about it. False: something newer is known, or it was removed here.

    `client`: the id of the one that hands it over; it changes only what it added itself. Raises Conflict.
    """
    own = {"of": uid, "which": told.id}
    row = connection.execute(FIND, own).mappings().first()
    known = dict(row) if row else None
    if client:
        require_own(client, known)
        told = replace(told, updated_at=min(told.updated_at, now) if told.updated_at else None)
    if known and (known["deleted_at"] or (known["added_by"] == client and is_older(told, known))):
        return False
    created_at = told.created_at or (str(known["created_at"]) if known else now)
    values = {
        "title": told.title,
        "overview": told.overview,
        "category": told.category,
        "created_at": created_at,
        "finished_at": told.finished_at,
        "updated_at": told.updated_at,
        "status": told.status,
        "discarded": told.discarded,
        "changed_at": now,
        "words": f"{told.title}\n{told.overview}\n{told.transcript}".casefold(),
        "added_by": client,
        "body": body,
    }
    if known:
        connection.execute(CHANGE, {**own, **values})
    else:
        connection.execute(ADD, {"uid": uid, "id": told.id, "arrived_at": now, **values})
    put_all(connection, uid, told.id, told.todos, created_at)
    return True


def require_own(client: str, known: Mapping[str, Any] | None) -> None:
    """Raises Conflict where somebody else added it, for what a client hands over is shown to nobody first."""
    if known and known["added_by"] != client:
        raise Conflict(NOT_YOURS)


def is_older(told: Conversation, known: Mapping[str, Any]) -> bool:
    """Whether what is told is older than what is known. OMI says when it changed one only since some time."""
    if (told.updated_at or "") != (known["updated_at"] or ""):
        return (told.updated_at or "") < (known["updated_at"] or "")
    if told.finished_at and known["finished_at"] and told.finished_at != known["finished_at"]:
        return bool(told.finished_at < known["finished_at"])
    return told.status in UNFINISHED and known["status"] not in UNFINISHED


def read_some(connection: Connection, wanted: Wanted) -> list[Mapping[str, Any]]:
    """Conversations of accepted uids, the newest first."""
    asked = select(*LINE).where(*READABLE, *narrow(wanted)).order_by(*NEWEST).limit(wanted.limit).offset(wanted.offset)
    return [dict(row) for row in connection.execute(asked).mappings()]


def narrow(wanted: Wanted) -> list[ColumnElement[bool]]:
    """The conditions that are asked for."""
    found: list[ColumnElement[bool]] = [conversation.c.words.contains(word, autoescape=True) for word in wanted.words]
    if wanted.start:
        found.append(conversation.c.created_at >= wanted.start)
    if wanted.end:
        found.append(conversation.c.created_at < wanted.end)
    if wanted.category:
        found.append(conversation.c.category == wanted.category)
    if not wanted.discarded:
        found.append(conversation.c.discarded.is_(False))
    return found


def read(connection: Connection, conversation_id: str) -> Mapping[str, Any] | None:
    """A conversation of an accepted uid, with what arrived of it."""
    row = connection.execute(READ, {"which": conversation_id}).mappings().first()
    return dict(row) if row else None


def count(connection: Connection) -> int:
    """How many there are for clients."""
    return int(connection.execute(COUNT).scalar_one())


def remove(connection: Connection, uid: str, conversation_id: str, now: str) -> bool:
    """Remove one. That it was removed stays known, so that a late delivery does not bring it back."""
    connection.execute(REMOVE_OF, {"of": uid, "which": conversation_id})
    return connection.execute(REMOVE, {"of": uid, "which": conversation_id, "now": now}).rowcount > 0


def forget_old(connection: Connection, before: str) -> None:
    """Remove those from before a moment."""
    connection.execute(FORGET_ITEMS_OF_OLD, {"before": before})
    connection.execute(FORGET_OLD, {"before": before})
