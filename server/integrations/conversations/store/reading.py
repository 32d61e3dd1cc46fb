"""Lists of conversations, and their messages. Both databases have the tables; the answers are in deskhand.db only."""

import json
from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal, select, tuple_, update

from server.integrations.conversations.library.models import ChatFilter, ListPlace
from server.integrations.conversations.models import Source
from server.integrations.conversations.store.live_tables import answer, live
from server.integrations.conversations.store.search_index import index_conversation, unindex_conversation
from server.integrations.conversations.store.tables import asset, conversation, message, project
from server.storage.sqlite import select_values

CHATS = (
    select(conversation, project.c.name.label("project_name"))
    .outerjoin(project, project.c.id == conversation.c.project)
    .where(conversation.c.temporary.is_(False))
)

FIND = select(conversation, project.c.name.label("project_name")).outerjoin(project, project.c.id == conversation.c.project)
FIND_BY_ID = FIND.where(conversation.c.id == bindparam("which"))
FIND_LIVE = FIND.add_columns(live.c.thread_id).outerjoin(live, live.c.conversation == conversation.c.key)
FIND_LIVE_BY_ID = FIND_LIVE.where(conversation.c.id == bindparam("which"))
FIND_LIVE_BY_THREAD = FIND_LIVE.where(live.c.thread_id == bindparam("which"))
MESSAGES = (
    select(message)
    .where(message.c.conversation == bindparam("of"), message.c.key > bindparam("after"))
    .order_by(message.c.key)
    .limit(bindparam("most"))
)
BY_IDS = select(message).where(
    message.c.conversation == bindparam("of"),
    message.c.id.in_(select_values("ids")),
)
NODES = select(message.c.id, message.c.parent).where(message.c.conversation == bindparam("of")).order_by(message.c.key)
ASSETS = select(asset).where(asset.c.conversation == bindparam("of"))
COSTS = select(answer.c.conversation, answer.c.id, answer.c.cost).where(
    answer.c.conversation.in_(bindparam("keys", expanding=True)), answer.c.cost.is_not(None)
)
ANSWERED = select(answer.c.id, answer.c.message).where(answer.c.conversation == bindparam("of"))
OPEN_ANSWERS = select(answer).where(answer.c.conversation == bindparam("of"), answer.c.state != "done").order_by(answer.c.number)
PROJECTS = select(project)
PRESENT = select(conversation.c.id).where(conversation.c.id.in_(select_values("ids")))
SAME = (
    select(message.c.id, message.c.role, message.c.text)
    .where(
        message.c.conversation == bindparam("of"),
        message.c.text.in_(select_values("texts")),
    )
    .order_by(message.c.key)
)
CHANGE = update(conversation).where(conversation.c.key == bindparam("which"))

Row = Mapping[str, Any]


def filter_chats(chats: ChatFilter) -> list[ColumnElement[bool]]:
    """Make the conditions of a filter."""
    filters: list[ColumnElement[bool]] = []
    if chats.project:
        filters.append(conversation.c.project == chats.project)
    if chats.source:
        filters.append(conversation.c.source == chats.source)
    if chats.imported_by is not None:
        filters.append(conversation.c.import_id == chats.imported_by)
    if chats.starred is not None:
        filters.append(conversation.c.starred.is_(chats.starred))
    if chats.year is not None:
        start, end = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (chats.year, chats.year + 1))
        filters += [conversation.c.updated_at >= start, conversation.c.updated_at < end]
    return filters


def list_chats(
    connection: Connection,
    chats: ChatFilter,
    place: ListPlace | None,
    limit: int,
    *,
    imported: bool,
    without: Sequence[str] = (),
) -> list[Row]:
    """List conversations after a place, the last changed first; those without a time are the last.

    At the same time live ones come before imported ones. `without`: ids that are left out.
    """
    statement = CHATS.where(*filter_chats(chats), *leave_out(without)).order_by(
        conversation.c.updated_at.desc(), conversation.c.key.desc()
    )
    rows: list[Row] = []
    for condition in conditions_after(place, imported=imported):
        if len(rows) < limit:
            page = connection.execute(statement.where(condition).limit(limit - len(rows))).mappings()
            rows += [dict(row) for row in page]
    return rows


def conditions_after(place: ListPlace | None, *, imported: bool) -> list[ColumnElement[bool]]:
    """Make the conditions of what follows a place, each of which is a range of the index: with a time, and without one."""
    untimed = conversation.c.updated_at.is_(None)
    if place is None:
        return [conversation.c.updated_at.is_not(None), untimed]
    before = compare_keys(place, imported=imported)
    if place.updated_at is None:
        return [untimed & before]
    if place.imported == imported:
        timed = tuple_(conversation.c.updated_at, conversation.c.key) < tuple_(literal(place.updated_at), literal(place.key))
        return [timed, untimed]
    limit = conversation.c.updated_at <= place.updated_at if imported else conversation.c.updated_at < place.updated_at
    return [limit, untimed]


def compare_keys(place: ListPlace, *, imported: bool) -> ColumnElement[bool]:
    """Make the condition for conversations of the same time as a place."""
    if place.imported == imported:
        return conversation.c.key < place.key
    return literal(imported)


def leave_out(ids: Sequence[str]) -> list[ColumnElement[bool]]:
    """Make the condition that leaves ids out."""
    return [conversation.c.id.not_in(select(func.json_each(json.dumps(ids)).table_valued("value").c.value))] if ids else []


def list_delivered(connection: Connection, chats: ChatFilter) -> list[str]:
    """List the ids of the conversations that were delivered."""
    statement = select(conversation.c.id).where(conversation.c.source == Source.webhook, *filter_chats(chats))
    return list(connection.execute(statement).scalars())


def list_own(connection: Connection) -> set[str]:
    """List the ids of the live conversations that were not delivered."""
    return set(connection.execute(select(conversation.c.id).where(conversation.c.source != Source.webhook)).scalars())


def list_present(connection: Connection, ids: Sequence[str]) -> list[str]:
    """List those of these ids that conversations have."""
    return list(connection.execute(PRESENT, {"ids": json.dumps(list(ids))}).scalars())


def match_messages(connection: Connection, key: int, rows: Sequence[Row], own: Container[str] = ()) -> dict[str, str]:
    """Match messages with those of a conversation that have the same id, or the same role and text; return the ids of both.

    `own`: ids of messages that were written here, so that the same text elsewhere is another message.
    """
    ids = {row["id"] for row in read_some(connection, key, [row["id"] for row in rows])}
    texts = connection.execute(SAME, {"of": key, "texts": json.dumps([row["text"] for row in rows])})
    by_text = {(row.role, row.text): row.id for row in texts}
    matches = {
        row["id"]: row["id"] if row["id"] in ids else None if row["id"] in own else by_text.get((row["role"], row["text"]))
        for row in rows
    }
    return {mine: other for mine, other in matches.items() if other}


def count_chats(connection: Connection, chats: ChatFilter) -> int:
    """Count conversations."""
    statement = select(func.count()).select_from(conversation).where(conversation.c.temporary.is_(False), *filter_chats(chats))
    return int(connection.execute(statement).scalar_one())


def find_chat(connection: Connection, chat_id: str, *, live_too: bool) -> Row | None:
    """Find a conversation by its id, or by that of its thread. `live_too`: this database has live ones."""
    statements: tuple[Select[Any], ...] = (FIND_LIVE_BY_ID, FIND_LIVE_BY_THREAD) if live_too else (FIND_BY_ID,)
    for statement in statements if chat_id else ():
        if row := connection.execute(statement, {"which": chat_id}).mappings().first():
            return dict(row)
    return None


def read_messages(connection: Connection, key: int, after: int, limit: int) -> list[Row]:
    """Read messages of all branches after a key, the oldest first."""
    return [dict(row) for row in connection.execute(MESSAGES, {"of": key, "after": after, "most": limit}).mappings()]


def read_some(connection: Connection, key: int, ids: Sequence[str]) -> list[Row]:
    """Read messages by their ids, in that order."""
    rows = {row["id"]: dict(row) for row in connection.execute(BY_IDS, {"of": key, "ids": json.dumps(list(ids))}).mappings()}
    return [rows[message_id] for message_id in ids if message_id in rows]


def read_nodes(connection: Connection, key: int) -> dict[str, str]:
    """Read the parent of each message, in the order of their keys."""
    return {row.id: row.parent for row in connection.execute(NODES, {"of": key})}


def read_assets(connection: Connection, key: int) -> dict[str, Row]:
    """Read the files of a conversation by their ids."""
    return {row["id"]: dict(row) for row in connection.execute(ASSETS, {"of": key}).mappings()}


def read_open_answers(connection: Connection, key: int) -> list[Row]:
    """Read the answers of a live conversation that are no messages yet, or will not be."""
    return [dict(row) for row in connection.execute(OPEN_ANSWERS, {"of": key}).mappings()]


def read_questions(connection: Connection, key: int) -> dict[str, str]:
    """Read the ids of the user messages that the answers of a live conversation reply to, by the ids of the answers."""
    return {row.id: row.message for row in connection.execute(ANSWERED, {"of": key})}


def read_costs(connection: Connection, keys: Sequence[int]) -> list[tuple[int, str, str]]:
    """Read what answers cost: conversation, message and USD."""
    return [(row.conversation, row.id, row.cost) for row in connection.execute(COSTS, {"keys": list(keys)})]


def read_projects(connection: Connection) -> list[Row]:
    """Read all projects."""
    return [dict(row) for row in connection.execute(PROJECTS).mappings()]


def change_chat(connection: Connection, key: int, values: Mapping[str, Any]) -> None:
    """Change columns of a conversation, and what the index has of it."""
    is_searched = not {"title", "project"}.isdisjoint(values)
    if is_searched:
        unindex_conversation(connection, key)
    connection.execute(CHANGE.values(**values), {"which": key})
    if is_searched:
        index_conversation(connection, key)
