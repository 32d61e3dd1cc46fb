"""Persistence of imports: their state, the batches that they store, and the steps of undoing them."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from server.integrations.conversations.history.records import (
    ConversationRecord,
    FailedRecord,
    MemoryRecord,
    ProjectRecord,
    SkippedRecord,
    decode_stored,
)
from server.integrations.conversations.store.import_tables import change, failure, memory, run
from server.integrations.conversations.store.imported import Outcome, remove, restore, write_conversations
from server.integrations.conversations.store.tables import conversation, project
from server.integrations.conversations.store.tombstones import list_deleted

MOST_FAILURES = 10_000  # in one report
UNDONE_AT_ONCE = 20  # conversations in one transaction
NAMELESS = "Project {id}"
SHOWN_DIGITS = slice(4, 12)  # of a project's id, where its name is unknown
WHICH: BindParameter[Any] = bindparam("which")
ADD = insert(run)
CHANGE = update(run).where(run.c.id == WHICH)
READ = select(run).where(run.c.id == WHICH)
LIST = select(run).order_by(run.c.id.desc()).limit(bindparam("most"))
FORGET = delete(run).where(run.c.id == WHICH)
UNFINISHED = select(run).where(run.c.state.in_(("previewing", "running"))).order_by(run.c.id)
OPEN_OF_PATH = select(run).where(run.c.path == bindparam("at"), run.c.state.in_(("previewing", "ready", "running"))).limit(1)
COUNTS = select(change.c.outcome, func.count()).where(change.c.run == WHICH).group_by(change.c.outcome)
COUNT_DELETED = select(func.count()).where(change.c.run == WHICH, change.c.outcome == Outcome.deleted)
FAILURES = select(failure.c.id, failure.c.title, failure.c.reason).where(failure.c.run == WHICH).order_by(failure.c.key)
COUNT_FAILURES = select(func.count()).where(failure.c.run == WHICH)
ADD_FAILURE = insert(failure)
ADVANCE = CHANGE.values(position=bindparam("reached"), skipped=run.c.skipped + bindparam("more"))
ADD_MEMORY = sqlite_insert(memory).on_conflict_do_nothing()
NEW_PROJECT = sqlite_insert(project).on_conflict_do_nothing()
KNOWN_PROJECTS = select(project.c.id).where(project.c.id.in_(bindparam("ids", expanding=True)))
NAME_PROJECT = (
    update(project).where(project.c.id == WHICH, project.c.name == bindparam("nameless")).values(name=bindparam("title"))
)
ADD_CHANGE = sqlite_insert(change).on_conflict_do_nothing()
MARK = sqlite_insert(change)
MARK = MARK.on_conflict_do_update(["run", "id"], set_={"outcome": MARK.excluded.outcome, "previous": None})
INCLUDES_DELETED = select(run.c.include_deleted).where(run.c.id == WHICH)
NEXT_CHANGES = (
    select(change).where(change.c.run == WHICH).order_by(change.c.outcome == Outcome.project, change.c.id).limit(UNDONE_AT_ONCE)
)
REMOVE_CHANGE = delete(change).where(change.c.run == WHICH, change.c.id == bindparam("of"))
FIND_KEY = select(conversation.c.key, conversation.c.import_id).where(conversation.c.id == WHICH)
FORGET_MEMORIES = delete(memory).where(memory.c.run == WHICH)
FORGET_PROJECT = delete(project).where(
    project.c.id == WHICH,
    project.c.instructions == "",
    ~select(conversation.c.key).where(conversation.c.project == WHICH).exists(),
)
later, earlier = change.alias("later"), change.alias("earlier")
CHANGING = (Outcome.imported, Outcome.updated)
CHANGED_LATER = (
    select(run.c.name)
    .select_from(later.join(earlier, later.c.id == earlier.c.id).join(run, run.c.id == later.c.run))
    .where(earlier.c.run == WHICH, later.c.run > WHICH, earlier.c.outcome.in_(CHANGING), later.c.outcome == Outcome.updated)
    .order_by(run.c.id.desc())
    .limit(1)
)
MEMORIES = select(memory).order_by(memory.c.kind, memory.c.created_at, memory.c.id)

Row = Mapping[str, Any]


def create(connection: Connection, values: Row) -> int:
    """Add a run and return its id."""
    return int(connection.execute(ADD, dict(values)).lastrowid)


def read(connection: Connection, run_id: int) -> Row | None:
    """Read a run."""
    row = connection.execute(READ, {"which": run_id}).mappings().first()
    return dict(row) if row else None


def list_newest(connection: Connection, most: int) -> list[Row]:
    """List the newest runs."""
    return [dict(row) for row in connection.execute(LIST, {"most": most}).mappings()]


def list_unfinished(connection: Connection) -> list[Row]:
    """List the runs that a stop has interrupted."""
    return [dict(row) for row in connection.execute(UNFINISHED).mappings()]


def find_open(connection: Connection, path: str) -> Row | None:
    """Find a run of a path that has not ended."""
    row = connection.execute(OPEN_OF_PATH, {"at": path}).mappings().first()
    return dict(row) if row else None


def set_values(connection: Connection, run_id: int, values: Row, *, only_in: Sequence[str] = ()) -> bool:
    """Change a run, only in some states if they are given. Return whether it was."""
    statement = CHANGE.where(or_(literal(not only_in), run.c.state.in_(only_in))).values(**values)
    return connection.execute(statement, {"which": run_id}).rowcount > 0


def forget(connection: Connection, run_id: int) -> None:
    """Remove a run that has changed nothing."""
    connection.execute(FORGET, {"which": run_id})


def begin_again(connection: Connection, run_id: int, fingerprint: str) -> None:
    """Forget how far a run was, since its source is not the same any more. What it stored stays counted."""
    connection.execute(CHANGE.values(position=0, skipped=0, fingerprint=fingerprint), {"which": run_id})
    connection.execute(delete(failure).where(failure.c.run == WHICH), {"which": run_id})


def store_batch(connection: Connection, run_id: int, frames: Sequence[bytes], own: Collection[str] = ()) -> float:
    """Store records of the reading process, with the position that they reach. Return the processor seconds that took.

    `own`: ids of conversations that are kept here, as an export of Deskhand has them, too.
    """
    began = time.thread_time()  # of the clock it would be more while the computer is busy, and batches uselessly small
    position = skipped = 0
    for group in split_groups([record for frame in frames for record in decode_stored(frame)]):
        conversations = leave_own(connection, run_id, [each for each in group if isinstance(each, ConversationRecord)], own)
        conversations = leave_deleted(connection, run_id, conversations)
        if conversations:
            add_projects(connection, run_id, conversations)
            write_conversations(connection, run_id, conversations)
        add_failures(connection, run_id, [each for each in group if isinstance(each, FailedRecord)])
        for record in group:
            position = max(position, getattr(record, "position", 0))
            skipped += isinstance(record, SkippedRecord)
            store_other(connection, run_id, record)
    if position:
        connection.execute(ADVANCE, {"which": run_id, "reached": position, "more": skipped})
    return time.thread_time() - began


def leave_own(
    connection: Connection, run_id: int, records: Sequence[ConversationRecord], own: Collection[str]
) -> list[ConversationRecord]:
    """Leave out the conversations that are kept here: what is there is at least as new, and would be hidden by a copy."""
    for record in records:
        if record.id in own:
            connection.execute(MARK, {"run": run_id, "id": record.id, "outcome": Outcome.unchanged})
    return [record for record in records if record.id not in own]


def leave_deleted(connection: Connection, run_id: int, records: Sequence[ConversationRecord]) -> list[ConversationRecord]:
    """Leave out the conversations that the person has deleted, unless this run brings them back."""
    ids = list_deleted(connection, [record.id for record in records])
    if not ids or connection.execute(INCLUDES_DELETED, {"which": run_id}).scalar():
        return list(records)
    for chat_id in sorted(ids):
        connection.execute(MARK, {"run": run_id, "id": chat_id, "outcome": Outcome.deleted})
    return [record for record in records if record.id not in ids]


def split_groups(records: Sequence[Any]) -> Iterator[list[Any]]:
    """Split records into groups in which no conversation is twice."""
    group: list[Any] = []
    ids = set[str]()
    for record in records:
        if isinstance(record, ConversationRecord):
            if record.id in ids:
                yield group
                group, ids = [], set()
            ids.add(record.id)
        group.append(record)
    yield group


def add_failures(connection: Connection, run_id: int, records: Sequence[FailedRecord]) -> None:
    """Store what could not be read, as far as the report has room. (To count for each takes ten times as long as to read it.)"""
    room = max(0, MOST_FAILURES - int(connection.execute(COUNT_FAILURES, {"which": run_id}).scalar_one())) if records else 0
    if rows := [{"run": run_id, "id": each.id, "title": each.title, "reason": each.reason} for each in records[:room]]:
        connection.execute(ADD_FAILURE, rows)


def store_other(connection: Connection, run_id: int, record: Any) -> None:
    """Store a record that is no conversation."""
    if isinstance(record, MemoryRecord):
        values = {"id": record.id, "kind": record.kind, "text": record.text}
        connection.execute(ADD_MEMORY, {**values, "created_at": record.created_at, "enabled": record.is_enabled, "run": run_id})
    elif isinstance(record, ProjectRecord):
        add_project(connection, run_id, record.id, record.name)
        connection.execute(NAME_PROJECT, {"which": record.id, "nameless": nameless(record.id), "title": record.name})


def add_projects(connection: Connection, run_id: int, conversations: Sequence[ConversationRecord]) -> None:
    """Add the projects of conversations, of which exports tell the ids only."""
    ids = {record.project for record in conversations if record.project}
    for project_id in sorted(ids.difference(connection.execute(KNOWN_PROJECTS, {"ids": list(ids)}).scalars())):
        add_project(connection, run_id, project_id, nameless(project_id))


def add_project(connection: Connection, run_id: int, project_id: str, name: str) -> None:
    """Add a project unless it is there."""
    if connection.execute(NEW_PROJECT, {"id": project_id, "name": name}).rowcount:
        connection.execute(ADD_CHANGE, {"run": run_id, "id": project_id, "outcome": Outcome.project})


def nameless(project_id: str) -> str:
    """Name a project whose name is unknown."""
    return NAMELESS.format(id=project_id[SHOWN_DIGITS])


def report(connection: Connection, run_id: int) -> dict[str, Any]:
    """Make the report of a run from what is stored of it."""
    which = {"which": run_id}
    counts = {str(outcome): number for outcome, number in connection.execute(COUNTS, which)}
    row = connection.execute(READ, which).mappings().one()
    return {
        "imported": counts.get(Outcome.imported, 0),
        "updated": counts.get(Outcome.updated, 0),
        "unchanged": counts.get(Outcome.unchanged, 0),
        "skipped": row["skipped"] + counts.get(Outcome.deleted, 0),
        "failed": [dict(each) for each in connection.execute(FAILURES, which).mappings()],
    }


def count_deleted(connection: Connection, run_id: int) -> int:
    """Count the conversations that a run has left out as the person had deleted them."""
    return int(connection.execute(COUNT_DELETED, {"which": run_id}).scalar_one())


def find_later(connection: Connection, run_id: int) -> str | None:
    """Find the name of a later run that updated what this one changed, and is to be undone first."""
    name = connection.execute(CHANGED_LATER, {"which": run_id}).scalar()
    return None if name is None else str(name)


def undo_some(connection: Connection, run_id: int) -> int:
    """Undo some of what a run changed. Return how many changes that were; 0 when nothing is left."""
    changes = connection.execute(NEXT_CHANGES, {"which": run_id}).mappings().all()
    for row in changes:
        undo_change(connection, run_id, dict(row))
        connection.execute(REMOVE_CHANGE, {"which": run_id, "of": row["id"]})
    if not changes:
        connection.execute(FORGET_MEMORIES, {"which": run_id})
    return len(changes)


def undo_change(connection: Connection, run_id: int, row: Row) -> None:
    """Undo one change, unless the conversation is gone."""
    if row["outcome"] == Outcome.project:
        connection.execute(FORGET_PROJECT, {"which": row["id"]})
        return
    stored = connection.execute(FIND_KEY, {"which": row["id"]}).first()
    if stored is None:
        return
    if row["outcome"] == Outcome.imported and stored.import_id == run_id:
        remove(connection, stored.key)
    elif row["outcome"] == Outcome.updated and row["previous"]:
        restore(connection, stored.key, row["previous"])


def list_memories(connection: Connection) -> list[Row]:
    """List memories, custom instructions and feedback."""
    return [dict(row) for row in connection.execute(MEMORIES).mappings()]
