"""Calls that take longer than their client waits, and their results."""

import sqlalchemy as sa
from alembic import op

revision = "core_0007"
down_revision = "core_0006"
branch_labels = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id"), nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text, index=True),
        sa.Column("progress", sa.Float),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("result", sa.Text),
    )
    op.create_index("job_client", "job", ["client_id", "created_at"])
