"""Tables of imports: the runs, what each changed, and what exports hold besides conversations."""

import sqlalchemy as sa
from alembic import op

revision = "conversations_imports_0001"
down_revision = None
branch_labels = ("conversations_imports",)


def upgrade() -> None:
    create_runs()
    create_results()


def create_runs() -> None:
    """Make the table of runs."""
    op.create_table(
        "chat_import",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("is_upload", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("job", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("ended_at", sa.Float),
        sa.Column("years", sa.Text, nullable=False, server_default=""),
        sa.Column("projects", sa.Text, nullable=False, server_default=""),
        sa.Column("preview", sa.Text, nullable=False, server_default=""),
        sa.Column("report", sa.Text, nullable=False, server_default=""),
        sa.Column("fingerprint", sa.Text, nullable=False, server_default=""),
        sa.Column("position", sa.Integer, nullable=False, server_default="0"),
        sa.Column("skipped", sa.Integer, nullable=False, server_default="0"),
    )


def of_run() -> sa.ForeignKey:
    """Refer to a run, and be deleted with it."""
    return sa.ForeignKey("chat_import.id", ondelete="CASCADE")


def create_results() -> None:
    """Make the tables of what a run did."""
    op.create_table(
        "chat_import_change",
        sa.Column("run", sa.Integer, of_run(), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("previous", sa.LargeBinary),
    )
    op.create_index("chat_import_change_id", "chat_import_change", ["id"])
    op.create_table(
        "chat_import_failure",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Integer, of_run(), nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("chat_import_failure_run", "chat_import_failure", ["run"])
    op.create_table(
        "chat_memory",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default="1"),
        sa.Column("run", sa.Integer, nullable=False),
    )
    op.create_index("chat_memory_run", "chat_memory", ["run"])
