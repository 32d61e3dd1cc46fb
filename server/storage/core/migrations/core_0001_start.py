"""Clients, their keys, and what they did."""

import sqlalchemy as sa
from alembic import op

revision = "core_0001"
down_revision = None
branch_labels = ("core",)

NOT_REVOKED = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    create_clients()
    create_activity()


def create_clients() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("policies", sa.Text, nullable=False),
        sa.Column("rate", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("revoked_at", sa.Text),
    )
    op.create_index("client_name", "client", ["name"], unique=True, sqlite_where=NOT_REVOKED, postgresql_where=NOT_REVOKED)
    op.create_table(
        "api_key",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id"), nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("revoked_at", sa.Text),
    )


def create_activity() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Text, nullable=False, index=True),
        sa.Column("client_id", sa.Text),
        sa.Column("client_name", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("changes", sa.Boolean, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False, index=True),
        sa.Column("status", sa.Integer),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("arguments", sa.Text),
        sa.Column("effect", sa.Text),
        sa.Column("result", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("activity_client", "activity", ["client_id", "at"])
    op.create_table(
        "idempotency",
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("activity_id", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False, index=True),
        sa.Column("status", sa.Integer),
        sa.Column("body", sa.Text),
    )
