"""Tables of imported conversations, in archive.db: the same as those of live ones."""

import sqlalchemy as sa
from alembic import op

revision = "conversations_archive_0001"
down_revision = None
branch_labels = ("conversations_archive",)


def upgrade() -> None:
    create_conversations()
    create_messages()
    create_deleted()
    create_search_index()


def create_conversations() -> None:
    """Make the tables of projects and conversations."""
    op.create_table(
        "chat_project",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("instructions", sa.Text, nullable=False, server_default=""),
        sa.Column("model", sa.Text, nullable=False, server_default=""),
        sa.Column("starred", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("retention_days", sa.Integer),
        sa.Column("created_at", sa.Float),
    )
    op.create_table(
        "chat_conversation",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.Float),
        sa.Column("updated_at", sa.Float),
        sa.Column("project", sa.Text, nullable=False, server_default=""),
        sa.Column("gpt", sa.Text, nullable=False, server_default=""),
        sa.Column("model", sa.Text, nullable=False, server_default=""),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("starred", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("archived", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("temporary", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("current_message", sa.Text, nullable=False, server_default=""),
        sa.Column("message_count", sa.Integer, nullable=False, server_default="0"),
        sa.Column("digest", sa.Text, nullable=False, server_default=""),
        sa.Column("import_id", sa.Integer),
    )
    op.create_index("chat_conversation_updated", "chat_conversation", ["updated_at", "key"])
    op.create_index("chat_conversation_project", "chat_conversation", ["project", "updated_at"])
    op.create_index("chat_conversation_import", "chat_conversation", ["import_id"])


def conversation() -> sa.ForeignKey:
    """Refer to a conversation, and be deleted with it."""
    return sa.ForeignKey("chat_conversation.key", ondelete="CASCADE")


def create_messages() -> None:
    """Make the tables of what belongs to a conversation, and is deleted with it."""
    op.create_table(
        "chat_message",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("conversation", sa.Integer, conversation(), nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("parent", sa.Text, nullable=False, server_default=""),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float),
        sa.Column("model", sa.Text, nullable=False, server_default=""),
        sa.Column("details", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("chat_message_conversation", "chat_message", ["conversation", "id"], unique=True)
    op.create_table(
        "chat_asset",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("conversation", sa.Integer, conversation(), nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
    )
    op.create_index("chat_asset_conversation", "chat_asset", ["conversation", "id"], unique=True)
    op.create_index("chat_asset_file", "chat_asset", ["sha256"])
    op.create_table(
        "chat_original",
        sa.Column("conversation", sa.Integer, conversation(), primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def create_deleted() -> None:
    """Make the tables of deleted conversations, which can be restored for a while."""
    op.create_table(
        "chat_deleted",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("deleted_at", sa.Float, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("chat_deleted_at", "chat_deleted", ["deleted_at"])
    op.create_table(
        "chat_deleted_asset",
        sa.Column("deleted", sa.Integer, sa.ForeignKey("chat_deleted.key", ondelete="CASCADE"), primary_key=True),
        sa.Column("sha256", sa.Text, primary_key=True),
    )
    op.create_index("chat_deleted_asset_file", "chat_deleted_asset", ["sha256"])


def create_search_index() -> None:
    """Make the full-text indexes of messages and titles."""
    for name in ("chat_message_index", "chat_title_index"):
        tokenizer = "unicode61 remove_diacritics 2 categories ''L* N* Co Mn Mc''"
        op.execute(f"CREATE VIRTUAL TABLE {name} USING fts5(words, singles, tags, content='', tokenize='{tokenizer}')")
        op.execute(f"INSERT INTO {name}({name}, rank) VALUES ('automerge', 8)")  # noqa: S608
        op.execute(f"INSERT INTO {name}({name}, rank) VALUES ('hashsize', 8388608)")  # noqa: S608
