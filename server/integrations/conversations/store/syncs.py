"""Runs that copy conversations to OpenAI. Each function is a part of its caller's transaction."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from server.integrations.conversations.live.sync_models import FailedItem, ItemState, Selection, SyncItem, SyncRun, SyncState
from server.integrations.conversations.models import Source
from server.integrations.conversations.store.live_tables import live, sync, sync_item
from server.integrations.conversations.store.tables import conversation
from server.storage.sqlite import select_values

MOST_ITEMS = 10_000
ADD, ADD_ITEM = insert(sync), insert(sync_item)
FIND = select(sync).where(sync.c.id == bindparam("which"))
OPEN = select(sync).where(sync.c.state == SyncState.running).order_by(sync.c.started_at).limit(1)
NEXT = (
    select(sync_item.c.chat, sync_item.c.imported)
    .join(sync, sync.c.id == sync_item.c.sync)
    .where(sync.c.id == bindparam("which"), sync.c.state == SyncState.running, sync_item.c.state == ItemState.waiting)
    .order_by(sync_item.c.chat)
    .limit(1)
)
MARK = update(sync_item).where(sync_item.c.sync == bindparam("of"), sync_item.c.chat == bindparam("which"))
BEGIN = MARK.where(sync_item.c.state == ItemState.waiting).values(state=ItemState.running)
SET = MARK.values(state=bindparam("became"))
COUNT = update(sync).where(sync.c.id == bindparam("which")).values(created=sync.c.created + 1, error="")
REPORT = update(sync).where(sync.c.id == bindparam("which")).values(failed=bindparam("report"))
EXPLAIN = update(sync).where(sync.c.id == bindparam("which")).values(error=bindparam("reason"))
END = (
    update(sync)
    .where(sync.c.id == bindparam("which"), sync.c.state == SyncState.running)
    .values(state=bindparam("became"), ended_at=bindparam("at"), error="")
)
INTERRUPTED = select(sync_item.c.sync, sync_item.c.chat, sync_item.c.imported).where(sync_item.c.state == ItemState.running)
WITHOUT_THREAD = (
    select(conversation.c.id, conversation.c.title, conversation.c.message_count)
    .join(live, live.c.conversation == conversation.c.key)
    .where(
        live.c.thread_id == "",
        conversation.c.temporary.is_(False),
        conversation.c.source.in_((Source.openai, Source.api, Source.webhook)),
    )
    .order_by(conversation.c.key)
    .limit(MOST_ITEMS)
)
COPIED = select(sync_item.c.chat).where(
    sync_item.c.imported, sync_item.c.state == ItemState.done, sync_item.c.chat.in_(select_values("ids"))
)


def list_without_thread(connection: Connection, project: str) -> Selection:
    """List the live conversations that OpenAI has no Conversation of; all projects if none is given."""
    statement = WITHOUT_THREAD.where(conversation.c.project == project) if project else WITHOUT_THREAD
    return to_selection(connection.execute(statement).all())


def to_selection(rows: Sequence[Any]) -> Selection:
    """Make the value of the rows of conversations."""
    return Selection(
        chats=tuple(row.id for row in rows),
        titles=tuple(row.title for row in rows),
        messages=sum(row.message_count for row in rows),
    )


def list_copied(connection: Connection, ids: Sequence[str]) -> set[str]:
    """List the imported conversations among these ids that a run has copied."""
    return set(connection.execute(COPIED, {"ids": json.dumps(list(ids))}).scalars())


def add(connection: Connection, run: SyncRun, items: Sequence[SyncItem]) -> None:
    """Add a run."""
    connection.execute(ADD, run.model_dump(exclude={"failed"}))
    rows = {item.chat: {"sync": run.id, "state": ItemState.waiting, **item.model_dump()} for item in items}
    if rows:
        connection.execute(ADD_ITEM, list(rows.values()))


def find(connection: Connection, run_id: str) -> SyncRun | None:
    """Find a run."""
    row = connection.execute(FIND, {"which": run_id}).mappings().first()
    return SyncRun.model_validate({**row, "failed": json.loads(row["failed"])}) if row else None


def find_open(connection: Connection) -> SyncRun | None:
    """Find the oldest run that goes on."""
    row = connection.execute(OPEN).mappings().first()
    return SyncRun.model_validate({**row, "failed": json.loads(row["failed"])}) if row else None


def find_next(connection: Connection, run_id: str) -> SyncItem | None:
    """Find the next conversation of a run; None if there is none, or it has ended."""
    row = connection.execute(NEXT, {"which": run_id}).mappings().first()
    return SyncItem.model_validate(dict(row)) if row else None


def begin(connection: Connection, run_id: str, item: SyncItem) -> bool:
    """Record that a conversation is being sent. False: it does not wait any more."""
    return connection.execute(BEGIN, {"of": run_id, "which": item.chat}).rowcount > 0


def postpone(connection: Connection, run_id: str, item: SyncItem, reason: str) -> None:
    """Record that a conversation could not be sent yet."""
    connection.execute(SET, {"of": run_id, "which": item.chat, "became": ItemState.waiting})
    connection.execute(EXPLAIN, {"which": run_id, "reason": reason})


def finish(connection: Connection, run_id: str, item: SyncItem) -> None:
    """Record that a conversation is at OpenAI."""
    connection.execute(SET, {"of": run_id, "which": item.chat, "became": ItemState.done})
    connection.execute(COUNT, {"which": run_id})


def fail(connection: Connection, run_id: str, item: SyncItem, failed: FailedItem) -> None:
    """Record that a conversation could not be copied, and why."""
    connection.execute(SET, {"of": run_id, "which": item.chat, "became": ItemState.failed})
    run = find(connection, run_id)
    if run:
        report = [*(entry.model_dump() for entry in run.failed), failed.model_dump()]
        connection.execute(REPORT, {"which": run_id, "report": json.dumps(report)})


def fail_interrupted(connection: Connection, reason: str) -> None:
    """Record that it is unknown what became of conversations that were being sent when Deskhand stopped."""
    for row in connection.execute(INTERRUPTED).mappings().all():
        item = SyncItem(chat=row["chat"], imported=row["imported"])
        fail(connection, row["sync"], item, FailedItem(id=item.chat, title="", reason=reason))


def end(connection: Connection, run_id: str, state: SyncState, now: float) -> None:
    """End a run, unless it has ended."""
    connection.execute(END, {"which": run_id, "became": state, "at": now})
