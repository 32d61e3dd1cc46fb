"""The addresses that a tunnel had, and how many requests came through it in a month."""

import sqlalchemy as sa
from alembic import op

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None


def upgrade() -> None:
    op.create_table(
        "public_address",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("reserved", sa.Boolean, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("lost_at", sa.Text),
    )
    op.create_table(
        "tunnel_month",
        sa.Column("month", sa.Text, primary_key=True),
        sa.Column("requests", sa.Integer, nullable=False),
    )
