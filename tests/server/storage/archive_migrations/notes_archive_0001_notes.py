"""Tables of an archive, for tests: notes and their full-text index."""

import sqlalchemy as sa
from alembic import op

revision = "notes_archive_0001"
down_revision = None
branch_labels = ("notes_archive",)


def upgrade() -> None:
    op.create_table("note", sa.Column("word", sa.Text, nullable=False), sa.Column("days", sa.Integer))
    op.execute("CREATE VIRTUAL TABLE note_index USING fts5(word, content='')")
