"""Tables of the browser queue, in deskhand.db."""

import sqlalchemy as sa
from alembic import op

revision = "queue_0001"
down_revision = None
branch_labels = ("queue",)


def upgrade() -> None:
    create_chat()
    create_client()
    create_control()
    create_extension()
    create_prompt()
    create_answer()
    op.execute("INSERT INTO queue_control (id) VALUES (1)")


def create_chat() -> None:
    """Make the table queue_chat."""
    op.create_table(
        "queue_chat",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("chat_id", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_index("queue_chat_client", "queue_chat", ["client", "chat_id"])


def create_client() -> None:
    """Make the table queue_client."""
    op.create_table(
        "queue_client",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("approved", sa.Boolean),
        sa.Column("webhook_url", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.Float, nullable=False),
    )


def create_control() -> None:
    """Make the table queue_control."""
    op.create_table(
        "queue_control",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("last_prompt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_chat", sa.Integer, nullable=False, server_default="0"),
        sa.Column("paused", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("draining", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("limit_until", sa.Float),
        sa.Column("sent_at", sa.Float),
        sa.Column("day", sa.Text, nullable=False, server_default=""),
        sa.Column("sent_today", sa.Integer, nullable=False, server_default="0"),
    )


def create_extension() -> None:
    """Make the table queue_extension."""
    op.create_table(
        "queue_extension",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("capabilities", sa.Text, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("self_test", sa.Text, nullable=False),
        sa.Column("paired_at", sa.Float, nullable=False),
        sa.Column("last_seen", sa.Float),
    )


def create_prompt() -> None:
    """Make the table queue_prompt."""
    op.create_table(
        "queue_prompt",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("chat", sa.Integer, sa.ForeignKey("queue_chat.id"), nullable=False),
        sa.Column("chat_key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("ready", sa.Integer, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("position", sa.Float, nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("worker", sa.Text),
        sa.Column("expires_at", sa.Float),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("ends", sa.Integer, nullable=False),
        sa.Column("not_before", sa.Float),
        sa.Column("queued_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("completed_at", sa.Float),
        sa.Column("dead", sa.Boolean, nullable=False),
        sa.Column("find_first", sa.Boolean, nullable=False),
        sa.Column("response_type", sa.Text, nullable=False),
        sa.Column("thinking_time", sa.Text, nullable=False),
        sa.Column("project", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("temporary", sa.Boolean, nullable=False),
        sa.Column("webhook_url", sa.Text),
        sa.Column("webhook_depth", sa.Integer, nullable=False),
        sa.Column("attachments", sa.Text, nullable=False),
        sa.Column("error_name", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("partial", sa.Text),
        sa.Column("history", sa.Text, nullable=False),
    )
    create_prompt_indexes()


def create_prompt_indexes() -> None:
    """Make the indexes of queue_prompt; most are of the few prompts that have not ended."""
    op.create_index("queue_prompt_chat", "queue_prompt", ["chat", "number"])
    op.create_index("queue_prompt_client", "queue_prompt", ["client", "number"])
    op.create_index(
        "queue_prompt_completed", "queue_prompt", ["completed_at", "state"], sqlite_where=sa.text("completed_at IS NOT NULL")
    )
    op.create_index("queue_prompt_dead", "queue_prompt", ["number"], sqlite_where=sa.text("dead = 1"))
    op.create_index("queue_prompt_held", "queue_prompt", ["chat_key", "worker"], sqlite_where=sa.text("worker IS NOT NULL"))
    op.create_index("queue_prompt_id", "queue_prompt", ["id"], unique=True)
    op.create_index("queue_prompt_later", "queue_prompt", ["not_before"], sqlite_where=sa.text("ready = 2"))
    op.create_index("queue_prompt_open", "queue_prompt", ["chat_key", "position"], sqlite_where=sa.text("is_open = 1"))
    op.create_index(
        "queue_prompt_ready", "queue_prompt", ["lane", sa.text("priority DESC"), "position"], sqlite_where=sa.text("ready = 1")
    )


def create_answer() -> None:
    """Make the table queue_answer."""
    op.create_table(
        "queue_answer",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("prompt", sa.Integer, sa.ForeignKey("queue_prompt.number"), nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("citations", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("queue_answer_prompt", "queue_answer", ["prompt", "number"])
