"""Tables of imports, in archive.db: the runs, what each changed, and what exports hold besides conversations."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

run = Table(
    "chat_import",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),  # of the file or folder
    Column("path", Text, nullable=False),
    Column("is_upload", Boolean, nullable=False, server_default="0"),  # a file of ours, to be deleted afterwards
    Column("state", Text, nullable=False),  # an import_models.State
    Column("job", Text, nullable=False),  # an import_models.Work: what is done while it is previewing or running
    Column("error", Text, nullable=False, server_default=""),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("years", Text, nullable=False, server_default=""),  # JSON; empty: all
    Column("projects", Text, nullable=False, server_default=""),
    Column("preview", Text, nullable=False, server_default=""),  # JSON of import_models.Preview
    Column("report", Text, nullable=False, server_default=""),  # JSON of import_models.Report
    Column("fingerprint", Text, nullable=False, server_default=""),  # of the source, whose entries `position` counts
    Column("position", Integer, nullable=False, server_default="0"),  # entries that are stored
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("include_deleted", Boolean, nullable=False, server_default="0"),  # those with a tombstone come back
)

tombstone = Table(
    "chat_tombstone",
    metadata,
    Column("id", Text, primary_key=True),  # of a conversation that was deleted
    Column("deleted_at", Float, nullable=False),
)

change = Table(
    "chat_import_change",
    metadata,
    Column("run", Integer, ForeignKey("chat_import.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Text, primary_key=True),  # of the conversation or the project
    Column("outcome", Text, nullable=False),  # an imported.Outcome
    Column("previous", LargeBinary),  # the conversation before its update, as imported.save writes it
)
Index("chat_import_change_id", change.c.id)

failure = Table(
    "chat_import_failure",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, ForeignKey("chat_import.id", ondelete="CASCADE"), nullable=False),
    Column("id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("chat_import_failure_run", failure.c.run)

memory = Table(
    "chat_memory",
    metadata,
    Column("id", Text, primary_key=True),  # a digest of the content
    Column("kind", Text, nullable=False),  # instructions, memory or feedback
    Column("text", Text, nullable=False),
    Column("created_at", Float),
    Column("enabled", Boolean, nullable=False, server_default="1"),
    Column("run", Integer, nullable=False),
)
Index("chat_memory_run", memory.c.run)
