"""Tables of live conversations in deskhand.db, beside those of store/tables.py. Times are seconds since 1970."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text

from server.integrations.conversations.store.tables import conversation, project

metadata = MetaData()

live = Table(
    "chat_live",
    metadata,
    Column("conversation", Integer, ForeignKey(conversation.c.key, ondelete="CASCADE"), primary_key=True),
    Column("thread_id", Text, nullable=False, server_default=""),  # conv_…; empty: OpenAI has none yet
    Column("thread_leaf", Text, nullable=False, server_default=""),  # its last message; live_models.UNKNOWN_LEAF
    Column("client", Text, nullable=False, server_default=""),  # that began or delivered it; empty: see models.Chat
    Column("digest", Text, nullable=False, server_default=""),  # of the turns of a conversation of /v1
)
Index("chat_live_thread", live.c.thread_id)
Index("chat_live_digest", live.c.digest, live.c.client)

answer = Table(
    "chat_answer",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # the order in which they are asked for
    Column("id", Text, nullable=False, unique=True),  # of the message that it becomes
    Column("conversation", Integer, ForeignKey(conversation.c.key, ondelete="CASCADE"), nullable=False),
    Column("message", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("state", Text, nullable=False),  # a live_models.AnswerState
    Column("error", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),  # as much of it as there was when it failed
    Column("response_id", Text, nullable=False, server_default=""),
    Column("client", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Float, nullable=False, server_default="0"),  # before which it is not tried again
    Column("created_at", Float, nullable=False),
    Column("cost", Text),  # USD; NULL: unknown
    Column("history", Text, nullable=False, server_default=""),  # digest of what is sent along: see AnswerRow
)
Index("chat_answer_conversation", answer.c.conversation, answer.c.number)
Index("chat_answer_state", answer.c.state, answer.c.number)
Index("chat_answer_response", answer.c.response_id)

sync = Table(
    "chat_sync",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client", Text, nullable=False),
    Column("state", Text, nullable=False),  # a sync_models.SyncState
    Column("total", Integer, nullable=False),
    Column("created", Integer, nullable=False, server_default="0"),
    Column("failed", Text, nullable=False, server_default="[]"),  # JSON: [{id, title, reason}]
    Column("error", Text, nullable=False, server_default=""),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
)

sync_item = Table(
    "chat_sync_item",
    metadata,
    Column("sync", Text, ForeignKey("chat_sync.id", ondelete="CASCADE"), primary_key=True),
    Column("chat", Text, primary_key=True),  # its id
    Column("imported", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # waiting, running, done or failed
)

delivered_project = Table(
    "chat_delivered_project",
    metadata,
    Column("project", Text, ForeignKey(project.c.id, ondelete="CASCADE"), primary_key=True),
    Column("client", Text, nullable=False),  # whose delivery made it; empty: the signed webhook
)

delivery = Table(
    "chat_delivery",
    metadata,
    Column("digest", Text, primary_key=True),  # of a delivery's time and body, which its signature covers
    Column("at", Float, nullable=False, index=True),
)
