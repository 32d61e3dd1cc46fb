"""Mail that each client has sent lately, and its recipients so far."""

import sqlalchemy as sa
from alembic import op

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None


def upgrade() -> None:
    op.create_table(
        "outgoing",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id"), nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("outgoing_client", "outgoing", ["client_id", "at"])
    op.create_table(
        "recipient",
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("first_at", sa.Text, nullable=False),
    )
