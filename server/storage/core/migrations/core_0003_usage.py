"""When each client was last used, and through which public address; an empty one is this computer."""

import sqlalchemy as sa
from alembic import op

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None


def upgrade() -> None:
    op.create_table(
        "client_use",
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
    )
