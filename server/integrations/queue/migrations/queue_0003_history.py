"""Imports of the person's history by a browser."""

import sqlalchemy as sa
from alembic import op

revision = "queue_0003"
down_revision = "queue_0002"


def upgrade() -> None:
    """Add the column that says that the person has ordered one."""
    op.add_column("queue_extension", sa.Column("imports", sa.Boolean, nullable=False, server_default=sa.false()))
