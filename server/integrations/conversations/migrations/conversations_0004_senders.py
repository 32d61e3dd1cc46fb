"""Senders of deliveries: of projects, and of messages, which belong to the sender of their conversation.

Which client delivered an earlier conversation is not known: only the signed webhook, whose secret the person set, changes those.
Earlier projects are the person's. Of earlier messages those that were not written here, by the form of their ids, were delivered.
"""

import sqlalchemy as sa
from alembic import op

revision = "conversations_0004"
down_revision = "conversations_0003"
branch_labels = None

WRITTEN_HERE = "msg_" + "[0-9a-f]" * 32


def upgrade() -> None:
    op.create_table(
        "chat_delivered_project",
        sa.Column("project", sa.Text, sa.ForeignKey("chat_project.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
    )
    mark = sa.text(
        "UPDATE chat_message SET details = :mark WHERE details = '' AND NOT id GLOB :written"
        " AND conversation IN (SELECT key FROM chat_conversation WHERE source = 'webhook')"
    )
    op.execute(mark.bindparams(mark='{"delivered":true}', written=WRITTEN_HERE))
