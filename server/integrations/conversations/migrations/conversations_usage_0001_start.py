"""The usage of OpenAI's models, one row for each request, and the events that OpenAI has delivered."""

import sqlalchemy as sa
from alembic import op

revision = "conversations_usage_0001"
down_revision = None
branch_labels = ("conversations_usage",)


def upgrade() -> None:
    op.create_table(
        "chat_usage",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reserved", sa.Integer),
        sa.Column("cost", sa.Integer),
        sa.Column("input_tokens", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cached_tokens", sa.Integer, nullable=False, server_default="0"),
        sa.Column("output_tokens", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reasoning_tokens", sa.Integer, nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_index("chat_usage_month", "chat_usage", ["month", "project"])
    op.create_index("chat_usage_state", "chat_usage", ["state"])
    op.create_table(
        "chat_openai_event",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
    )
