"""Files of prompts."""

import sqlalchemy as sa
from alembic import op

revision = "queue_0002"
down_revision = "queue_0001"


def upgrade() -> None:
    """Make the table queue_attachment."""
    op.create_table(
        "queue_attachment",
        sa.Column("prompt", sa.Integer, sa.ForeignKey("queue_prompt.number"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
