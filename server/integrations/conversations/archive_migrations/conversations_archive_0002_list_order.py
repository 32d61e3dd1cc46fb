"""An index of the whole order of lists, so that conversations are counted and skipped without being read."""

from alembic import op

revision = "conversations_archive_0002"
down_revision = "conversations_archive_0001"
branch_labels = None


def upgrade() -> None:
    op.drop_index("chat_conversation_updated", "chat_conversation")
    op.create_index("chat_conversation_updated", "chat_conversation", ["temporary", "updated_at", "key"])
