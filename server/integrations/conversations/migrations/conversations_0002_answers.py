"""Tables of live conversations: their Conversations at OpenAI, the answers that were asked for, and deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "conversations_0002"
down_revision = "conversations_0001"
branch_labels = None


def upgrade() -> None:
    create_live()
    create_answers()
    create_syncs()
    op.create_table(
        "chat_delivery",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_chat_delivery_at", "chat_delivery", ["at"])


def conversation() -> sa.ForeignKey:
    """Refer to a conversation, and be deleted with it."""
    return sa.ForeignKey("chat_conversation.key", ondelete="CASCADE")


def create_live() -> None:
    """Make the table of what only live conversations have."""
    op.create_table(
        "chat_live",
        sa.Column("conversation", sa.Integer, conversation(), primary_key=True),
        sa.Column("thread_id", sa.Text, nullable=False, server_default=""),
        sa.Column("thread_leaf", sa.Text, nullable=False, server_default=""),
        sa.Column("client", sa.Text, nullable=False, server_default=""),
        sa.Column("digest", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("chat_live_thread", "chat_live", ["thread_id"])
    op.create_index("chat_live_digest", "chat_live", ["digest", "client"])


def create_answers() -> None:
    """Make the table of answers."""
    op.create_table(
        "chat_answer",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("conversation", sa.Integer, conversation(), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("response_id", sa.Text, nullable=False, server_default=""),
        sa.Column("client", sa.Text, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("cost", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("chat_answer_conversation", "chat_answer", ["conversation", "number"])
    op.create_index("chat_answer_state", "chat_answer", ["state", "number"])
    op.create_index("chat_answer_response", "chat_answer", ["response_id"])


def create_syncs() -> None:
    """Make the tables of runs that create Conversations at OpenAI."""
    op.create_table(
        "chat_sync",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failed", sa.Text, nullable=False, server_default="[]"),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float),
    )
    op.create_table(
        "chat_sync_item",
        sa.Column("sync", sa.Text, sa.ForeignKey("chat_sync.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("chat", sa.Text, primary_key=True),
        sa.Column("imported", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
