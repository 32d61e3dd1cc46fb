"""The full-text index with letters replaced for which others are written, such as ё and ł: it is filled when OMI starts."""

from alembic import op

revision = "omi_0004"
down_revision = "omi_0003"
branch_labels = None


def upgrade() -> None:
    op.execute("DELETE FROM omi_text_index")
    op.execute("DELETE FROM omi_text")
