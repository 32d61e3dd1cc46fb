"""Orders to delete Conversations at OpenAI, in deskhand.db. Each function is a part of its caller's transaction."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.integrations.conversations.models import Frozen
from server.integrations.conversations.store.live_tables import answer, live
from server.integrations.conversations.store.tables import conversation, openai_deletion

MOST = 20  # that are carried out in a row
ADD = insert(openai_deletion).prefix_with("OR IGNORE")
DUE = (
    select(openai_deletion.c.thread_id, openai_deletion.c.attempts)
    .where(openai_deletion.c.not_before <= bindparam("now"))
    .order_by(openai_deletion.c.not_before)
    .limit(MOST)
)
REMOVE = delete(openai_deletion).where(openai_deletion.c.thread_id == bindparam("which"))
POSTPONE = (
    update(openai_deletion)
    .where(openai_deletion.c.thread_id == bindparam("which"))
    .values(not_before=bindparam("at"), attempts=openai_deletion.c.attempts + 1, problem=bindparam("sentence"))
)
THREAD = select(live.c.thread_id).join(conversation).where(conversation.c.id == bindparam("which"))
IS_ANSWERED = (
    select(answer.c.id).join(conversation).where(conversation.c.id == bindparam("which"), answer.c.state == "running").limit(1)
)


class Order(Frozen):
    """An order that is due."""

    thread_id: str
    attempts: int


def add(connection: Connection, thread_ids: Iterable[str], now: float, not_before: float) -> None:
    """Order deletions, each once."""
    for thread_id in filter(None, thread_ids):
        connection.execute(ADD, {"thread_id": thread_id, "ordered_at": now, "not_before": not_before})


def withdraw(connection: Connection, chat_id: str) -> None:
    """Withdraw the order for a conversation that is there again."""
    for thread_id in connection.execute(THREAD, {"which": chat_id}).scalars().all():
        connection.execute(REMOVE, {"which": thread_id})


def list_due(connection: Connection, now: float) -> list[Order]:
    """List orders that are due."""
    return [Order.model_validate(dict(row)) for row in connection.execute(DUE, {"now": now}).mappings()]


def finish(connection: Connection, thread_id: str) -> None:
    """Remove an order that was carried out."""
    connection.execute(REMOVE, {"which": thread_id})


def postpone(connection: Connection, thread_id: str, at: float, problem: str) -> None:
    """Record why an order could not be carried out, and when it is tried again."""
    connection.execute(POSTPONE, {"which": thread_id, "at": at, "sentence": problem})


def is_answered(connection: Connection, chat_id: str) -> bool:
    """Return whether an answer of a conversation is being written."""
    return connection.execute(IS_ANSWERED, {"which": chat_id}).first() is not None
