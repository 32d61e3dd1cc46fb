"""Pages of prompts at an offset, for the window, and the order of those that wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from server.integrations.queue.states import State
from server.integrations.queue.store.tables import answer, chat, client, prompt

MOST = 100_000  # newest prompts that are counted and searched
EXCERPT = 200
LATEST = (
    select(func.length(answer.c.text))
    .where(answer.c.prompt == prompt.c.number)
    .order_by(answer.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
IN_ORDER = (prompt.c.priority.desc(), prompt.c.position)
NEWEST_FIRST = (prompt.c.number.desc(),)
LAST_BEGUN_FIRST = (prompt.c.started_at.desc(), prompt.c.number.desc())  # by the number alone, SQLite would look at every prompt
LAST_ENDED_FIRST = (prompt.c.completed_at.desc(), prompt.c.number.desc())
WAITING = select(prompt.c.id).where(prompt.c.is_open, prompt.c.state == State.idle).order_by(*IN_ORDER)
COLUMNS = select(
    *(prompt.c[name] for name in ("id", "number", "state", "dead", "chat", "lane", "attempts", "error_message")),
    *(prompt.c[name] for name in ("queued_at", "not_before", "started_at", "completed_at")),
    func.substr(prompt.c.message, 1, EXCERPT).label("message"),
    func.length(prompt.c.message).label("message_length"),
    LATEST.label("response_length"),
    func.coalesce(client.c.name, prompt.c.client).label("client"),
    chat.c.chat_id,
    chat.c.title,
).select_from(prompt.outerjoin(chat, chat.c.id == prompt.c.chat).outerjoin(client, client.c.id == prompt.c.client))
TITLED = select(chat.c.id, chat.c.title).where(chat.c.title.is_not(None)).order_by(chat.c.id.desc())


@dataclass(frozen=True)
class Selection:
    """A selection of prompts. `group`: a key of GROUPS. `chat`: its integer id; None for all. `query`: part of the message."""

    group: str = "all"
    chat: int | None = None
    query: str = ""


def ended(*states: State) -> ColumnElement[bool]:
    """Select what has ended in one of these states, by the index of ends."""
    return and_(prompt.c.completed_at.is_not(None), prompt.c.state.in_(states))


def still_open(*states: State) -> ColumnElement[bool]:
    """Select what is in one of these states, by the index of what is open."""
    return and_(prompt.c.is_open, prompt.c.state.in_(states))


GROUPS: Mapping[str, tuple[ColumnElement[bool] | None, tuple[Any, ...]]] = {
    "all": (None, NEWEST_FIRST),
    "waiting": (still_open(State.idle, State.leased), IN_ORDER),
    "running": (still_open(State.executing), LAST_BEGUN_FIRST),
    "uncertain": (still_open(State.uncertain), LAST_BEGUN_FIRST),
    "done": (ended(State.done), LAST_ENDED_FIRST),
    "failed": (ended(State.failed, State.cancelled), LAST_ENDED_FIRST),
    "dead": (prompt.c.dead, NEWEST_FIRST),
}


def list_page(connection: Connection, selection: Selection, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """List the prompts at an offset; return them and the number of all that match, at most MOST."""
    _, order = GROUPS[selection.group]
    chosen = narrow(connection, select(prompt.c.number), selection)
    page = chosen.order_by(*order).offset(offset).limit(limit)
    rows = connection.execute(COLUMNS.where(prompt.c.number.in_(page)).order_by(*order)).mappings()
    total = connection.execute(select(func.count()).select_from(chosen.limit(MOST).subquery())).scalar_one()
    return [dict(row) for row in rows], total


def narrow(connection: Connection, query: Select[Any], selection: Selection) -> Select[Any]:
    """Narrow a query to a selection. A chat and a text are looked for among the newest prompts."""
    condition, _ = GROUPS[selection.group]
    if condition is not None:
        query = query.where(condition)
    if selection.chat is not None or selection.query:
        oldest = (connection.execute(select(func.max(prompt.c.number))).scalar_one() or 0) - MOST
        query = query.where(prompt.c.number > oldest)
    if selection.chat is not None:
        query = query.where(prompt.c.chat == selection.chat)
    if selection.query:
        matches = answer.c.text.icontains(selection.query, autoescape=True)
        answered = prompt.c.number.in_(select(answer.c.prompt).where(answer.c.prompt > oldest, matches))
        query = query.where(or_(prompt.c.message.icontains(selection.query, autoescape=True), answered))
    return query


def find_id(connection: Connection, number: int) -> str | None:
    """Find the id of the prompt with a number."""
    return connection.execute(select(prompt.c.id).where(prompt.c.number == number)).scalar_one_or_none()


def list_waiting(connection: Connection) -> list[str]:
    """List the ids of the prompts that wait, the next one first."""
    return list(connection.execute(WAITING).scalars())


def list_chats(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """List the chats whose title is known, the newest first."""
    return [dict(row) for row in connection.execute(TITLED.limit(limit)).mappings()]


def list_dead(connection: Connection) -> list[str]:
    """List the ids of the dead letters, the oldest first."""
    return list(connection.execute(select(prompt.c.id).where(prompt.c.dead).order_by(prompt.c.number)).scalars())


def discard_dead(connection: Connection) -> int:
    """Discard all dead letters, which stay failed; return their number."""
    return connection.execute(update(prompt).where(prompt.c.dead).values(dead=False)).rowcount
