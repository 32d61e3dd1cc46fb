"""Tables for what OMI sends, and for its accounts."""

import sqlalchemy as sa
from alembic import op

revision = "omi_0001"
down_revision = None
branch_labels = ("omi",)


def upgrade() -> None:
    create_sources()
    create_conversations()
    create_rest()


def create_sources() -> None:
    """Make the tables of whose it is, and what came."""
    op.create_table(
        "omi_source",
        sa.Column("uid", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False, unique=True),
        sa.Column("first_at", sa.Text, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
        sa.Column("first_kind", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("first_client", sa.Text, nullable=False),
        sa.Column("kept_aside", sa.Integer, nullable=False),
        sa.Column("bytes_aside", sa.Integer, nullable=False),
        sa.Column("dropped", sa.Integer, nullable=False),
    )
    op.create_table(
        "omi_arrival",
        sa.Column("uid", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "omi_delivery",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("signed_at", sa.Integer),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("ix_omi_delivery_at", "omi_delivery", ["at"])
    op.create_index("omi_delivery_subject", "omi_delivery", ["uid", "kind", "subject"])
    op.create_index("omi_delivery_digest", "omi_delivery", ["uid", "kind", "digest"])
    op.create_index("omi_delivery_key", "omi_delivery", ["uid", "kind", "key"])


def create_conversations() -> None:
    """Make the tables of conversations, and what is to be done after them."""
    op.create_table(
        "omi_conversation",
        sa.Column("uid", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("overview", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("finished_at", sa.Text),
        sa.Column("updated_at", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("discarded", sa.Boolean, nullable=False),
        sa.Column("arrived_at", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("deleted_at", sa.Text),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("omi_conversation_created", "omi_conversation", ["created_at"])
    op.create_index("omi_conversation_id", "omi_conversation", ["id"])
    op.create_table(
        "omi_action_item",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("completed", sa.Boolean, nullable=False),
        sa.Column("marked", sa.Boolean, nullable=False),
        sa.Column("due_at", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    op.create_index("omi_action_item_conversation", "omi_action_item", ["uid", "conversation_id"])


def create_rest() -> None:
    """Make the tables of live words, days, presses and sound."""
    op.create_table(
        "omi_segment",
        sa.Column("uid", sa.Text, primary_key=True),
        sa.Column("session", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("start", sa.Float, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_omi_segment_at", "omi_segment", ["at"])
    op.create_table(
        "omi_summary",
        sa.Column("uid", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("date", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_omi_summary_date", "omi_summary", ["date"])
    op.create_table(
        "omi_button",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_omi_button_uid", "omi_button", ["uid"])
    op.create_table(
        "omi_recording",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("rate", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
    )
    op.create_index("ix_omi_recording_uid", "omi_recording", ["uid"])
