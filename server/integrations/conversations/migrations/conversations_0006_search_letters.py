"""The search index with letters replaced for which others are written, such as ё and ł."""

from alembic import op

from server.integrations.conversations.store.search_index import rebuild

revision = "conversations_0006"
down_revision = "conversations_0005"
branch_labels = None


def upgrade() -> None:
    rebuild(op.get_bind())
