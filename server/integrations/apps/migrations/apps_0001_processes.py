"""The processes that Deskhand has started."""

import sqlalchemy as sa
from alembic import op

revision = "apps_0001"
down_revision = None
branch_labels = ("apps",)


def upgrade() -> None:
    op.create_table(
        "apps_process",
        sa.Column("app", sa.Text, primary_key=True),
        sa.Column("pid", sa.Integer, primary_key=True),
        sa.Column("started", sa.Float, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
    )
