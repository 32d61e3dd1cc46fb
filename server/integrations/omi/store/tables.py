"""The tables, as the migrations make them. Moments are ISO 8601 in UTC; a `body` is what arrived, with every field."""

from collections.abc import Callable, Iterable

from sqlalchemy import Boolean, Column, Connection, Delete, Float, Index, Integer, MetaData, Select, Table, Text

RemoveFiles = Callable[[Iterable[str]], None]  # of recordings, by name; in the transaction that removes their rows
metadata = MetaData()

source = Table(
    "omi_source",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("question", Text, nullable=False, unique=True),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("first_kind", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("first_client", Text, nullable=False),  # the name of the one that named it first; empty where OMI did
    Column("kept_aside", Integer, nullable=False),
    Column("bytes_aside", Integer, nullable=False),
    Column("dropped", Integer, nullable=False),
)

arrival = Table(
    "omi_arrival",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("title", Text),
    Column("count", Integer, nullable=False),
)

delivery = Table(
    "omi_delivery",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text),
    Column("digest", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("signed_at", Integer),
    Column("at", Text, nullable=False, index=True),
)
Index("omi_delivery_subject", delivery.c.uid, delivery.c.kind, delivery.c.subject)
Index("omi_delivery_digest", delivery.c.uid, delivery.c.kind, delivery.c.digest)
Index("omi_delivery_key", delivery.c.uid, delivery.c.kind, delivery.c.key)

conversation = Table(
    "omi_conversation",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("overview", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("updated_at", Text),
    Column("status", Text, nullable=False),
    Column("discarded", Boolean, nullable=False),
    Column("arrived_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("deleted_at", Text),
    Column("words", Text, nullable=False),
    Column("added_by", Text, nullable=False),  # the client's id; empty where OMI delivered it
    Column("body", Text, nullable=False),
)
Index("omi_conversation_created", conversation.c.created_at)
Index("omi_conversation_id", conversation.c.id)

text = Table(
    "omi_text",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=True),  # of the full-text index
    Column("uid", Text, nullable=False),
    Column("id", Text, nullable=False),
    sqlite_autoincrement=True,
)
Index("omi_text_conversation", text.c.uid, text.c.id, unique=True)

action_item = Table(
    "omi_action_item",
    metadata,
    Column("id", Text, primary_key=True),
    Column("uid", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("description", Text, nullable=False),
    Column("completed", Boolean, nullable=False),
    Column("marked", Boolean, nullable=False),
    Column("due_at", Text),
    Column("created_at", Text, nullable=False),
)
Index("omi_action_item_conversation", action_item.c.uid, action_item.c.conversation_id)

segment = Table(
    "omi_segment",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("session", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("start", Float, nullable=False),
    Column("at", Text, nullable=False, index=True),
    Column("body", Text, nullable=False),
)

summary = Table(
    "omi_summary",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("date", Text, nullable=False, index=True),
    Column("created_at", Text, nullable=False),
    Column("body", Text, nullable=False),
)

button = Table(
    "omi_button",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("body", Text, nullable=False),
)

recording = Table(
    "omi_recording",
    metadata,
    Column("name", Text, primary_key=True),
    Column("uid", Text, nullable=False, index=True),
    Column("rate", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
)

aside = Table(
    "omi_aside",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("uid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("added_by", Text, nullable=False),  # as in conversation
    Column("body", Text, nullable=False),
)


def count(connection: Connection, statement: Select[int]) -> int:
    """Return the number that a statement selects."""
    return int(connection.execute(statement).scalar_one())


def forget(connection: Connection, statements: Iterable[Delete], before: str) -> None:
    """Delete rows from before a moment."""
    for statement in statements:
        connection.execute(statement, {"before": before})
