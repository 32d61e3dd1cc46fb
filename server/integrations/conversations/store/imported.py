"""Writing of imported conversations: many in one transaction, rows and index together, and undoing that."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter
from typing import Any

import msgspec
from msgspec.structs import astuple
from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, update

from server.integrations.conversations.history.decode import SETTINGS, Unreadable, decode
from server.integrations.conversations.history.records import AssetRecord, ConversationRecord
from server.integrations.conversations.store.import_tables import change
from server.integrations.conversations.store.message_keys import allocate_keys
from server.integrations.conversations.store.message_times import fill_times
from server.integrations.conversations.store.search_index import (
    MESSAGES,
    MessageEntry,
    TitleEntry,
    index_messages,
    index_titles,
    message_tags,
    unindex_conversation,
)
from server.integrations.conversations.store.tables import asset, conversation, message, original
from server.storage.sqlite import select_values
from server.storage.text_index import IndexRow

SOURCE = "chatgpt"
LEVEL = 1  # of zlib
INSERT_MESSAGES = (
    "INSERT INTO chat_message(key, conversation, id, parent, role, kind, text, created_at, model, details)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
PUT_ASSETS = (
    "INSERT INTO chat_asset(conversation, id, name, content_type, size, sha256) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(conversation, id) DO UPDATE SET name = excluded.name, content_type = excluded.content_type,"
    " size = excluded.size, sha256 = excluded.sha256 WHERE excluded.sha256 <> '' AND excluded.sha256 <> chat_asset.sha256"
)
PUT_ORIGINALS = (
    "INSERT INTO chat_original(conversation, data) VALUES (?, ?) ON CONFLICT(conversation) DO UPDATE SET data = excluded.data"
)
PUT_CHANGES = (
    "INSERT INTO chat_import_change(run, id, outcome, previous) VALUES (?, ?, ?, ?)"
    " ON CONFLICT(run, id) DO UPDATE SET outcome = excluded.outcome, previous = excluded.previous"
)
IDS = select_values("ids")
FIND = select(conversation.c.id, conversation.c.key, conversation.c.digest, conversation.c.updated_at).where(
    conversation.c.id.in_(IDS)
)
FIND_CHANGES = select(change.c.id, change.c.outcome).where(change.c.run == bindparam("of"), change.c.id.in_(IDS))
ADD = (
    "INSERT INTO chat_conversation(key, id, title, created_at, updated_at, project, gpt, model, source, starred, archived,"
    " temporary, current_message, message_count, digest, import_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LAST_KEY = select(func.max(conversation.c.key))
CHANGE = update(conversation).where(conversation.c.key == bindparam("which"))
OF_KEY: BindParameter[Any] = bindparam("which")
READ_CONVERSATION = select(conversation).where(conversation.c.key == OF_KEY)
READ_MESSAGES = select(message).where(message.c.conversation == OF_KEY).order_by(message.c.key)
READ_ASSETS = select(asset).where(asset.c.conversation == OF_KEY).order_by(asset.c.key)
READ_ORIGINAL = select(original.c.data).where(original.c.conversation == OF_KEY)
REMOVE_MESSAGES = delete(message).where(message.c.conversation == OF_KEY)
REMOVE_ASSETS = delete(asset).where(asset.c.conversation == OF_KEY)
REMOVE = delete(conversation).where(conversation.c.key == OF_KEY)
USED_KEYS = select(message.c.key).where(message.c.key.in_(bindparam("keys", expanding=True)))
KEYS_AT_ONCE = 500
KEY = itemgetter(0)  # of the row of a message and of its index entry


class Outcome(StrEnum):
    """The outcome of a conversation in a run; `deleted`: it stays so; `project`: of a project that the run added."""

    imported = "imported"
    updated = "updated"
    unchanged = "unchanged"
    deleted = "deleted"
    project = "project"


class Nodes(msgspec.Struct):
    """The tree of an original, of which the size is needed only."""

    mapping: dict[str, msgspec.Raw] = {}


@dataclass
class Plan:
    """Changes that a batch of conversations makes. `added`: rows; `records`: to be written, with their keys."""

    run: int
    next_key: int
    added: list[tuple[Any, ...]] = field(default_factory=list)
    records: list[tuple[ConversationRecord, int]] = field(default_factory=list)
    changes: list[tuple[int, str, str, bytes | None]] = field(default_factory=list)
    assets: list[tuple[Any, ...]] = field(default_factory=list)


def write_conversations(connection: Connection, run: int, records: Sequence[ConversationRecord]) -> None:
    """Write conversations, none of them twice in one call, as far as they are new, newer or richer than what is stored."""
    ids = json.dumps([record.id for record in records])
    stored = {row.id: row for row in connection.execute(FIND, {"ids": ids})}
    touched = {row.id: row.outcome for row in connection.execute(FIND_CHANGES, {"of": run, "ids": ids})}
    plan = Plan(run, (connection.execute(LAST_KEY).scalar() or 0) + 1)
    for record in records:
        row = stored.get(record.id)
        outcome = touched.get(record.id)
        if row is None:
            add(plan, record)
        elif record.digest == row.digest:
            confirm(connection, plan, record, row.key, outcome)
        elif is_better(connection, record, row, outcome):
            replace(connection, plan, record, row.key, outcome)
        elif outcome is None:
            plan.changes.append((run, record.id, Outcome.unchanged, None))
    store(connection, plan)


def is_better(connection: Connection, record: ConversationRecord, row: Any, outcome: str | None) -> bool:
    """Return whether a conversation is to replace the stored one: newer, or as old and richer, or of a later export.

    Two of the same export with the same time and as many nodes differ in form only: the first stays.
    """
    new, old = record.updated_at or 0.0, row.updated_at or 0.0
    if new != old:
        return new > old
    nodes = count_nodes(connection.execute(READ_ORIGINAL, {"which": row.key}).scalar())
    return record.nodes > nodes or (record.nodes == nodes and outcome is None)


def count_nodes(data: bytes | None) -> int:
    """Count the nodes of an original; 0 if it is not well-formed."""
    if data is None:
        return 0
    try:
        return len(msgspec.json.decode(zlib.decompress(data), type=Nodes).mapping)
    except (msgspec.MsgspecError, zlib.error, RecursionError):
        return 0


def add(plan: Plan, record: ConversationRecord) -> None:
    """Plan a new conversation."""
    plan.added.append((plan.next_key, record.id, *values_of(record, plan.run).values()))
    plan.records.append((record, plan.next_key))
    plan.next_key += 1
    plan.changes.append((plan.run, record.id, Outcome.imported, None))


def confirm(connection: Connection, plan: Plan, record: ConversationRecord, key: int, outcome: str | None) -> None:
    """Plan what a conversation that is stored already still brings: files that were missing."""
    new = [file for file in record.assets if file.sha256]
    if new:
        lacking = {row.id for row in connection.execute(READ_ASSETS, {"which": key}) if not row.sha256}
        new = [file for file in new if file.id in lacking]
    plan.assets += [asset_row(key, file) for file in new]
    if outcome is None or (outcome == Outcome.unchanged and new):
        previous = save(connection, key) if new else None
        plan.changes.append((plan.run, record.id, Outcome.updated if new else Outcome.unchanged, previous))


def replace(connection: Connection, plan: Plan, record: ConversationRecord, key: int, outcome: str | None) -> None:
    """Plan the replacement of a conversation. What one run brings twice counts once."""
    if outcome in {None, Outcome.unchanged}:
        plan.changes.append((plan.run, record.id, Outcome.updated, save(connection, key)))
    record = keep_own(connection, record, key)
    unindex_conversation(connection, key)
    connection.execute(REMOVE_MESSAGES, {"which": key})
    connection.execute(CHANGE.values(values_of(record, plan.run)), {"which": key})
    plan.records.append((record, key))


def keep_own(connection: Connection, record: ConversationRecord, key: int) -> ConversationRecord:
    """Keep the title, project and star that were set here: those that differ from the stored original's."""
    row = connection.execute(READ_CONVERSATION, {"which": key}).mappings().one()
    if all(row[name] == getattr(record, name) for name in SETTINGS):  # as a rule, and to decode the original takes long
        return record
    data = connection.execute(READ_ORIGINAL, {"which": key}).scalar()
    try:
        before = decode(zlib.decompress(data)).settings if data else {}
    except (Unreadable, zlib.error):
        before = {}
    own = {name: row[name] for name, value in before.items() if row[name] != value}
    return msgspec.structs.replace(record, **own)


def values_of(record: ConversationRecord, run: int) -> dict[str, Any]:
    """Make the values of a row."""
    return {
        "title": record.title,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "project": record.project,
        "gpt": record.gpt,
        "model": record.model,
        "source": SOURCE,
        "starred": record.starred,
        "archived": record.archived,
        "temporary": record.temporary,
        "current_message": record.current,
        "message_count": len(record.messages),
        "digest": record.digest,
        "import_id": run,
    }


def asset_row(key: int, file: AssetRecord) -> tuple[Any, ...]:
    """Make the row of a file."""
    return key, file.id, file.name, file.content_type, file.size, file.sha256


def store(connection: Connection, plan: Plan) -> None:
    """Store messages, files, originals and index entries of a batch, sorted by their keys."""
    execute_many(connection, ADD, plan.added)  # first: the others refer to them
    plan.assets += [asset_row(key, file) for record, key in plan.records for file in record.assets]
    execute_many(connection, PUT_CHANGES, plan.changes)
    execute_many(connection, PUT_ASSETS, plan.assets)
    execute_many(connection, PUT_ORIGINALS, [(key, record.original) for record, key in plan.records])
    store_messages(connection, plan.records)
    titles = [TitleEntry(key, record.title, record.project, SOURCE) for record, key in plan.records if not record.temporary]
    index_titles(connection, sorted(titles))


def store_messages(connection: Connection, records: Sequence[tuple[ConversationRecord, int]]) -> None:
    """Store the messages of conversations with their index entries."""
    places = iter(allocate_keys(connection, [second for record, _ in records for second in record.seconds]))
    rows, entries = list[tuple[Any, ...]](), list[IndexRow]()
    for record, key in records:
        own = [(place, key, *astuple(each)) for each, place in zip(record.messages, places, strict=False)]
        rows += own
        if not record.temporary:
            entries += [index_row(record, place, row) for place, row in enumerate(own)]
    execute_many(connection, INSERT_MESSAGES, sorted(rows, key=KEY))
    MESSAGES.insert_rows(connection, sorted(entries, key=KEY))


def index_row(record: ConversationRecord, place: int, row: tuple[Any, ...]) -> IndexRow:
    """Make the index row of a message's row."""
    words, singles = record.indexed.get(place) or (row[6], "")
    return row[0], words, singles, message_tags(row[4], record.project, SOURCE)


def execute_many(connection: Connection, statement: str, rows: list[Any]) -> None:
    """Execute a statement for rows, if there are any, without the cost of SQLAlchemy's parameters."""
    if rows:
        connection.exec_driver_sql(statement, rows)


def save(connection: Connection, key: int) -> bytes:
    """Write a conversation down with all that belongs to it, for `restore`."""
    which = {"which": key}
    parts = {
        "conversation": dict(connection.execute(READ_CONVERSATION, which).mappings().one()),
        "messages": [list(row) for row in connection.execute(READ_MESSAGES, which)],
        "assets": [list(row) for row in connection.execute(READ_ASSETS, which)],
        "original": connection.execute(READ_ORIGINAL, which).scalar() or b"",
    }
    return zlib.compress(msgspec.msgpack.encode(parts), LEVEL)


def remove(connection: Connection, key: int) -> None:
    """Remove a conversation with all that belongs to it."""
    unindex_conversation(connection, key)
    connection.execute(REMOVE_MESSAGES, {"which": key})
    connection.execute(REMOVE, {"which": key})


def restore(connection: Connection, key: int, data: bytes) -> None:
    """Restore a conversation as `save` wrote it."""
    parts: Mapping[str, Any] = msgspec.msgpack.decode(zlib.decompress(data))
    row = dict(parts["conversation"])
    unindex_conversation(connection, key)
    connection.execute(REMOVE_MESSAGES, {"which": key})
    connection.execute(REMOVE_ASSETS, {"which": key})
    connection.execute(CHANGE.values({name: value for name, value in row.items() if name != "key"}), {"which": key})
    if parts["original"]:
        execute_many(connection, PUT_ORIGINALS, [(key, parts["original"])])
    execute_many(connection, PUT_ASSETS, [(key, *values[2:]) for values in parts["assets"]])
    rows = [(place, key, *values[2:]) for place, values in zip(free_keys(connection, parts, row), parts["messages"], strict=True)]
    execute_many(connection, INSERT_MESSAGES, sorted(rows))
    if not row["temporary"]:
        entries = [MessageEntry(values[0], values[6], values[4], row["project"], SOURCE) for values in sorted(rows)]
        index_messages(connection, entries)
        index_titles(connection, [TitleEntry(key, row["title"], row["project"], SOURCE)])


def free_keys(connection: Connection, parts: Mapping[str, Any], row: Mapping[str, Any]) -> Iterable[int]:
    """Return the keys that the messages had, or others if some are in use."""
    keys = [values[0] for values in parts["messages"]]
    for start in range(0, len(keys), KEYS_AT_ONCE):
        if connection.execute(USED_KEYS, {"keys": keys[start : start + KEYS_AT_ONCE]}).first():
            seconds = fill_times([values[7] for values in parts["messages"]], row["created_at"] or row["updated_at"])
            return allocate_keys(connection, seconds)
    return keys
