"""Tables that deskhand.db (live conversations) and archive.db (imported ones) both have, as their migrations make them.

Times are seconds since 1970 in UTC; NULL if an export has none. Texts are Markdown without hidden characters' removal:
they are cleaned where a model reads them.
"""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

project = Table(
    "chat_project",
    metadata,
    Column("id", Text, primary_key=True),  # "1" is the default of live conversations; g-p-… in exports
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("instructions", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False, server_default=""),
    Column("starred", Boolean, nullable=False, server_default="0"),
    Column("retention_days", Integer),  # NULL: conversations stay
    Column("created_at", Float),
)

conversation = Table(
    "chat_conversation",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),  # of an export its conversation_id
    Column("title", Text, nullable=False, server_default=""),
    Column("created_at", Float),
    Column("updated_at", Float),
    Column("project", Text, nullable=False, server_default=""),
    Column("gpt", Text, nullable=False, server_default=""),  # id of the custom GPT
    Column("model", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False),  # a models.Source
    Column("starred", Boolean, nullable=False, server_default="0"),
    Column("archived", Boolean, nullable=False, server_default="0"),
    Column("temporary", Boolean, nullable=False, server_default="0"),  # not indexed
    Column("current_message", Text, nullable=False, server_default=""),  # id of the leaf that is shown first
    Column("message_count", Integer, nullable=False, server_default="0"),
    Column("digest", Text, nullable=False, server_default=""),  # of an export's content
    Column("import_id", Integer),
)
Index("chat_conversation_updated", conversation.c.temporary, conversation.c.updated_at, conversation.c.key)
Index("chat_conversation_project", conversation.c.project, conversation.c.updated_at)
Index("chat_conversation_import", conversation.c.import_id)

message = Table(
    "chat_message",
    metadata,
    # (whole seconds since 1970 of its time) * 64 + the next free number, so that the order of keys is about that of time
    Column("key", Integer, primary_key=True),
    Column("conversation", Integer, ForeignKey("chat_conversation.key", ondelete="CASCADE"), nullable=False),
    Column("id", Text, nullable=False),
    Column("parent", Text, nullable=False, server_default=""),  # id of the shown message above it; empty: none
    Column("role", Text, nullable=False),  # a models.Role
    Column("kind", Text, nullable=False),  # a models.Kind
    Column("text", Text, nullable=False),
    Column("created_at", Float),
    Column("model", Text, nullable=False, server_default=""),
    Column("details", Text, nullable=False, server_default=""),  # JSON of models.Details; empty: none
)
Index("chat_message_conversation", message.c.conversation, message.c.id, unique=True)

asset = Table(
    "chat_asset",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=True),
    Column("conversation", Integer, ForeignKey("chat_conversation.key", ondelete="CASCADE"), nullable=False),
    Column("id", Text, nullable=False),  # as message details name it
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),  # names the file in the folder of assets; empty: the export lacks it
)
Index("chat_asset_conversation", asset.c.conversation, asset.c.id, unique=True)
Index("chat_asset_file", asset.c.sha256)

original = Table(
    "chat_original",
    metadata,
    Column("conversation", Integer, ForeignKey("chat_conversation.key", ondelete="CASCADE"), primary_key=True),
    Column("data", LargeBinary, nullable=False),  # the conversation's JSON as it was exported, compressed with zlib
)

deleted = Table(
    "chat_deleted",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),  # of the conversation
    Column("deleted_at", Float, nullable=False),
    Column("data", LargeBinary, nullable=False),  # its rows, as store/deletion.py writes them
)
Index("chat_deleted_at", deleted.c.deleted_at)

deleted_asset = Table(
    "chat_deleted_asset",
    metadata,
    Column("deleted", Integer, ForeignKey("chat_deleted.key", ondelete="CASCADE"), primary_key=True),
    Column("sha256", Text, primary_key=True),
)
Index("chat_deleted_asset_file", deleted_asset.c.sha256)

# In deskhand.db alone: what is still to be deleted at OpenAI
openai_deletion = Table(
    "chat_openai_deletion",
    metadata,
    Column("thread_id", Text, primary_key=True),
    Column("ordered_at", Float, nullable=False),
    Column("not_before", Float, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("problem", Text, nullable=False, server_default=""),
)
