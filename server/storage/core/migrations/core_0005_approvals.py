"""Calls that wait for the person's word, and what the person allowed for a while."""

import sqlalchemy as sa
from alembic import op

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None


def upgrade() -> None:
    create_approval()
    op.create_table(
        "allowance",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id"), nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("extent", sa.Text, nullable=False),
        sa.Column("recipients", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("until", sa.Text),
        sa.Column("ended_at", sa.Text),
    )
    op.create_index("allowance_client", "allowance", ["client_id", "operation"])


def create_approval() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("question", sa.Text, nullable=False, unique=True),
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id"), nullable=False),
        sa.Column("client_name", sa.Text, nullable=False),
        sa.Column("credential", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("reaches_others", sa.Boolean, nullable=False),
        sa.Column("call_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("effect", sa.Text, nullable=False),
        sa.Column("activity_id", sa.Integer, nullable=False, index=True),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("asked_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("decided_at", sa.Text),
        sa.Column("ended_at", sa.Text, index=True),
        sa.Column("extent", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("result", sa.Text),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_index("approval_call", "approval", ["client_id", "call_hash"])
