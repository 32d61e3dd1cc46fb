"""The digest of the delivered messages that a requested answer follows."""

import sqlalchemy as sa
from alembic import op

revision = "conversations_0005"
down_revision = "conversations_0004"
branch_labels = None


def upgrade() -> None:
    op.add_column("chat_answer", sa.Column("history", sa.Text, nullable=False, server_default=""))
