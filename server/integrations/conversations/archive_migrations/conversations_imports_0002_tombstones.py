"""Tombstones of deleted conversations, which later imports leave out unless the person wants them back."""

import sqlalchemy as sa
from alembic import op

revision = "conversations_imports_0002"
down_revision = "conversations_imports_0001"
branch_labels = None


def upgrade() -> None:
    op.create_table(
        "chat_tombstone",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("deleted_at", sa.Float, nullable=False),
    )
    op.add_column("chat_import", sa.Column("include_deleted", sa.Boolean, nullable=False, server_default="0"))
