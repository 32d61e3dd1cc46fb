"""Outgoing webhooks: receivers, the outbox and the log of attempts."""

import sqlalchemy as sa
from alembic import op

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("types", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("secret_name", sa.Text, nullable=False),
        sa.Column("previous_until", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", sa.Text),
    )
    op.create_index("webhook_endpoint_url", "webhook_endpoint", ["kind", "url"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("endpoint_id", sa.Text, sa.ForeignKey("webhook_endpoint.id"), nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("first_attempt_at", sa.Text),
        sa.Column("ended_at", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_index("webhook_delivery_message", "webhook_delivery", ["endpoint_id", "message_id"], unique=True)
    op.create_index("webhook_delivery_next", "webhook_delivery", ["state", "endpoint_id", "id"])
    op.create_index("webhook_delivery_ended", "webhook_delivery", ["ended_at"])
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("delivery_id", sa.Integer, sa.ForeignKey("webhook_delivery.id"), nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
    )
