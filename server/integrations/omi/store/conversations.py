"""Conversations, each in its newest state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from server.core.errors import Conflict
from server.integrations.omi.payload import Conversation
from server.integrations.omi.store import texts, transcripts
from server.integrations.omi.store.action_items import REMOVE_OF, put_all
from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import action_item, conversation

NOT_YOURS = "A conversation with this id is here already, and you did not add it. Give yours an id of its own."
ROW_SIZE = 1_000  # characters, whatever stands in it
UNFINISHED = ("in_progress", "processing", "merging")
SAME = ("title", "overview", "category", "finished_at", "updated_at", "status", "discarded")  # stored as they are delivered
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
SIZE = select(func.coalesce(func.sum(func.length(conversation.c.body) + func.length(conversation.c.words) + ROW_SIZE), 0)).where(
    conversation.c.added_by == bindparam("client")
)
ADD = insert(conversation)
CHANGE = update(conversation).where(*OWN)
REMOVE = CHANGE.values(deleted_at=bindparam("now"), body="", words="", title="", overview="")
NEWEST = (conversation.c.created_at.desc(), conversation.c.uid, conversation.c.id)
OLD = conversation.c.created_at < bindparam("before")
ITEMS_OF_OLD = delete(action_item).where(
    select(conversation.c.id)
    .where(OLD, conversation.c.uid == action_item.c.uid, conversation.c.id == action_item.c.conversation_id)
    .exists()
)
FORGET_OLD = (ITEMS_OF_OLD, delete(conversation).where(OLD))


@dataclass(frozen=True)
class ConversationQuery:
    """Filter and page of conversations. `start`, `end`: ISO 8601 in UTC, the end excluded. `words`: each occurs in it."""

    limit: int
    offset: int = 0
    start: str = ""
    end: str = ""
    category: str = ""
    words: tuple[str, ...] = ()
    discarded: bool = False


def put(connection: Connection, uid: str, content: Conversation, body: str, now: str, client: str = "") -> bool:
    """Add or update a conversation. False: something newer is known, or it was removed here.

    `client`: the id of the client that hands it over, which may change only what it added itself. Raises Conflict.
    """
    key = {"of": uid, "which": content.id}
    row = connection.execute(FIND, key).mappings().first()
    known = dict(row) if row else None
    if client:
        if known and known["added_by"] != client:  # what a client hands over is not approved first
            raise Conflict(NOT_YOURS)
        content = replace(content, updated_at=min(content.updated_at, now) if content.updated_at else None)
    if known and (known["deleted_at"] or (known["added_by"] == client and is_older(content, known))):
        return False
    created_at = content.created_at or (str(known["created_at"]) if known else now)
    values = {name: getattr(content, name) for name in SAME} | {
        "created_at": created_at,
        "changed_at": now,
        "words": f"{content.title}\n{content.overview}\n{content.transcript}".casefold(),
        "added_by": client,
        "body": body,
    }
    if known:
        connection.execute(CHANGE, {**key, **values})
    else:
        connection.execute(ADD, {"uid": uid, "id": content.id, "arrived_at": now, **values})
    put_all(connection, uid, content.id, content.todos, created_at)
    texts.index(connection, uid, content.id, values["words"])
    return True


def measure(connection: Connection, client: str) -> int:
    """Return how many characters a client has added; what was removed counts as an empty row."""
    return int(connection.execute(SIZE, {"client": client}).scalar_one())


def is_older(content: Conversation, known: Mapping[str, Any]) -> bool:
    """Return whether the content is older than what is known. Older versions of OMI send no `updated_at`."""
    if (content.updated_at or "") != (known["updated_at"] or ""):
        return (content.updated_at or "") < (known["updated_at"] or "")
    if content.finished_at and known["finished_at"] and content.finished_at != known["finished_at"]:
        return bool(content.finished_at < known["finished_at"])
    return content.status in UNFINISHED and known["status"] not in UNFINISHED


def read_some(connection: Connection, query: ConversationQuery) -> list[Mapping[str, Any]]:
    """Read conversations of accepted uids, the newest first."""
    statement = select(*LINE).where(*READABLE, *make_filters(query)).order_by(*NEWEST).limit(query.limit).offset(query.offset)
    return [dict(row) for row in connection.execute(statement).mappings()]


def make_filters(query: ConversationQuery) -> list[ColumnElement[bool]]:
    """Make the conditions of a query."""
    filters: list[ColumnElement[bool]] = [conversation.c.words.contains(word, autoescape=True) for word in query.words]
    if query.start:
        filters.append(conversation.c.created_at >= query.start)
    if query.end:
        filters.append(conversation.c.created_at < query.end)
    if query.category:
        filters.append(conversation.c.category == query.category)
    if not query.discarded:
        filters.append(conversation.c.discarded.is_(False))
    return filters


def read(connection: Connection, conversation_id: str) -> Mapping[str, Any] | None:
    """Read a conversation of an accepted uid, with its body."""
    row = connection.execute(READ, {"which": conversation_id}).mappings().first()
    return dict(row) if row else None


def remove(connection: Connection, uid: str, conversation_id: str, now: str, segments: Iterable[str] = ()) -> bool:
    """Remove a conversation. That it was removed stays known, so that a late delivery does not restore it.

    `segments`: ids of its segments, which the live transcript has too.
    """
    transcripts.remove(connection, uid, segments)
    connection.execute(REMOVE_OF, {"of": uid, "which": conversation_id})
    removed = connection.execute(REMOVE, {"of": uid, "which": conversation_id, "now": now}).rowcount > 0
    texts.unindex_gone(connection)
    return removed
