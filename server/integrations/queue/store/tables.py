"""Tables of the browser queue in deskhand.db. Times are seconds since 1970."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    literal_column,
)

metadata = MetaData()

control = Table(
    "queue_control",  # one row
    metadata,
    Column("id", Integer, primary_key=True),
    Column("last_prompt", Integer, nullable=False, server_default="0"),
    Column("last_chat", Integer, nullable=False, server_default="0"),
    Column("paused", Boolean, nullable=False, server_default="0"),
    Column("draining", Boolean, nullable=False, server_default="0"),
    Column("limit_until", Float),  # the page's rate limit
    Column("sent_at", Float),  # of the latest prompt
    Column("day", Text, nullable=False, server_default=""),  # local, of sent_today
    Column("sent_today", Integer, nullable=False, server_default="0"),
)

client = Table(
    "queue_client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("approved", Boolean),  # NULL: the person has not answered
    Column("webhook_url", Text, nullable=False, server_default=""),
    Column("created_at", Float, nullable=False),
)

chat = Table(
    "queue_chat",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client", Text, nullable=False),
    Column("chat_id", Text),  # ChatGPT's; NULL until the extension has reported it
    Column("title", Text),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)
Index("queue_chat_client", chat.c.client, chat.c.chat_id)

prompt = Table(
    "queue_prompt",
    metadata,
    Column("number", Integer, primary_key=True),  # the order in which they were submitted
    Column("id", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("chat", Integer, ForeignKey(chat.c.id), nullable=False),
    Column("chat_key", Text, nullable=False),  # one at a time: chat_id, or ":" and the number of a new chat
    Column("state", Text, nullable=False),  # a states.State
    Column("is_open", Boolean, nullable=False),  # it has not ended
    Column("ready", Integer, nullable=False),  # 1: it can be claimed, 2: from not_before on, 0: not
    Column("priority", Integer, nullable=False),
    Column("position", Float, nullable=False),
    Column("lane", Text, nullable=False),
    Column("token", Integer, nullable=False),  # the fencing token of the latest lease
    Column("worker", Text),  # that holds it; NULL: none
    Column("expires_at", Float),  # of the lease
    Column("attempts", Integer, nullable=False),
    Column("ends", Integer, nullable=False),  # how often it has ended: more than once after a retry or replay
    Column("not_before", Float),
    Column("queued_at", Float, nullable=False),
    Column("started_at", Float),
    Column("completed_at", Float),
    Column("dead", Boolean, nullable=False),
    Column("find_first", Boolean, nullable=False),
    Column("response_type", Text, nullable=False),
    Column("thinking_time", Text, nullable=False),
    Column("project", Text),
    Column("model", Text),
    Column("temporary", Boolean, nullable=False),
    Column("webhook_url", Text),
    Column("webhook_depth", Integer, nullable=False),  # webhooks that led to it
    Column("attachments", Text, nullable=False),  # a JSON list of name, content_type and size
    Column("error_name", Text),
    Column("error_message", Text),
    Column("notes", Text, nullable=False),  # a JSON list
    Column("message", Text, nullable=False),
    Column("partial", Text),
    Column("history", Text, nullable=False),  # a JSON list in each line: moment, state, reason
)
Index("queue_prompt_id", prompt.c.id, unique=True)
Index("queue_prompt_client", prompt.c.client, prompt.c.number)
Index("queue_prompt_chat", prompt.c.chat, prompt.c.number)

# conditions of partial indexes: a parameter instead of a literal would not match them
IS_READY = prompt.c.ready == literal_column("1")
IS_LATER = prompt.c.ready == literal_column("2")
IS_OPEN = prompt.c.is_open
IS_HELD = prompt.c.worker.is_not(None)
# for what is open: the columns themselves would be read by the index, or in the order, of all that ever ended
OPEN_CLIENT = prompt.c.client.concat(literal_column("''"))
OPEN_NUMBER = prompt.c.number + literal_column("0")
IS_DEAD = prompt.c.dead
HAS_ENDED = prompt.c.completed_at.is_not(None)


def index_some(name: str, condition: ColumnElement[bool], *columns: ColumnElement[Any]) -> None:
    """Declare a partial index. (Naming PostgreSQL here would import its dialect at each start; migrations make the indexes.)"""
    Index(name, *columns, sqlite_where=condition)


index_some("queue_prompt_ready", IS_READY, prompt.c.lane, prompt.c.priority.desc(), prompt.c.position)
index_some("queue_prompt_later", IS_LATER, prompt.c.not_before)
index_some("queue_prompt_open", IS_OPEN, prompt.c.chat_key, prompt.c.position)
index_some("queue_prompt_held", IS_HELD, prompt.c.chat_key, prompt.c.worker)
index_some("queue_prompt_dead", IS_DEAD, prompt.c.number)
index_some("queue_prompt_completed", HAS_ENDED, prompt.c.completed_at, prompt.c.state)

answer = Table(
    "queue_answer",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("prompt", Integer, ForeignKey(prompt.c.number), nullable=False),
    Column("lane", Text, nullable=False),
    Column("model", Text),
    Column("notes", Text, nullable=False),  # a JSON list
    Column("citations", Text, nullable=False),  # a JSON list
    Column("created_at", Float, nullable=False),
    Column("seconds", Float),
    Column("text", Text, nullable=False),
)
Index("queue_answer_prompt", answer.c.prompt, answer.c.number)

attachment = Table(
    "queue_attachment",
    metadata,
    Column("prompt", Integer, ForeignKey(prompt.c.number), primary_key=True),
    Column("place", Integer, primary_key=True),  # in the list of the prompt
    Column("data", LargeBinary, nullable=False),
)

extension = Table(
    "queue_extension",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("origin", Text, nullable=False),  # chrome-extension://…
    Column("client", Text, nullable=False),  # whose key it has
    Column("capabilities", Text, nullable=False),  # a JSON list
    Column("page", Text, nullable=False),  # JSON: its latest message of type page
    Column("self_test", Text, nullable=False),  # JSON: its latest message of type self_test
    Column("paired_at", Float, nullable=False),
    Column("last_seen", Float),
    Column("imports", Boolean, nullable=False, server_default=false()),  # the person has ordered an import of the history
)
