"""Deliveries without content, which are kept aside."""

import sqlalchemy as sa
from alembic import op

revision = "omi_0002"
down_revision = "omi_0001"
branch_labels = None


def upgrade() -> None:
    op.create_table(
        "omi_aside",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
