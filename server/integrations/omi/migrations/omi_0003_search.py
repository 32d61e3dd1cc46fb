"""Full-text index of conversations. Those that are here are indexed when OMI starts."""

import sqlalchemy as sa
from alembic import op

revision = "omi_0003"
down_revision = "omi_0002"
branch_labels = None

INDEX = "omi_text_index"
TOKENIZER = "unicode61 remove_diacritics 2 categories ''L* N* Co Mn Mc''"


def upgrade() -> None:
    op.create_table(
        "omi_text",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("omi_text_conversation", "omi_text", ["uid", "id"], unique=True)
    op.execute(f"CREATE VIRTUAL TABLE {INDEX} USING fts5(words, singles, tags, tokenize='{TOKENIZER}')")
    op.execute(f"INSERT INTO {INDEX}({INDEX}, rank) VALUES ('automerge', 8)")  # noqa: S608
    op.execute(f"INSERT INTO {INDEX}({INDEX}, rank) VALUES ('hashsize', 8388608)")  # noqa: S608
