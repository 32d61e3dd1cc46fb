"""Answers that models were asked for, from waiting to done. Each function is a part of its caller's transaction."""

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from server.integrations.conversations.live.models import OPEN, AnswerRow, AnswerState, Chat, NewMessage
from server.integrations.conversations.models import Role
from server.integrations.conversations.store import live
from server.integrations.conversations.store.live_tables import answer

ANSWERS = select(*(answer.c[name] for name in AnswerRow.model_fields))
ADD = insert(answer)
FIND = ANSWERS.where(answer.c.id == bindparam("which"))
BY_RESPONSE = ANSWERS.where(answer.c.client == bindparam("by"), answer.c.response_id == bindparam("which")).limit(1)
BY_HISTORY = (
    select(answer.c.id)
    .where(answer.c.conversation == bindparam("of"), answer.c.history == bindparam("which"))
    .order_by(answer.c.number.desc())
    .limit(1)
)
OPEN_ONES = answer.c.state.in_(OPEN)
NEXT = ANSWERS.where(answer.c.conversation == bindparam("of"), OPEN_ONES).order_by(answer.c.number).limit(1)
LATEST = (
    select(answer.c.id)
    .where(answer.c.conversation == bindparam("of"), answer.c.message == bindparam("which"), answer.c.state != AnswerState.done)
    .order_by(answer.c.number.desc())
    .limit(1)
)
PENDING = ANSWERS.where(answer.c.conversation == bindparam("of"), answer.c.state != AnswerState.done).order_by(answer.c.number)
COSTS = select(answer.c.id, answer.c.cost).where(answer.c.conversation == bindparam("of"), answer.c.state == AnswerState.done)
FIRST_OPEN = (
    select(answer.c.conversation, func.min(answer.c.number).label("number"))
    .where(OPEN_ONES)
    .group_by(answer.c.conversation)
    .subquery()
)
DUE = select(answer.c.conversation, answer.c.next_at).join(FIRST_OPEN, FIRST_OPEN.c.number == answer.c.number)
CHANGE = update(answer).where(answer.c.id == bindparam("which"))
BEGIN = CHANGE.where(answer.c.state == AnswerState.waiting).values(state=AnswerState.running, error="")
POSTPONE = CHANGE.where(OPEN_ONES).values(
    state=AnswerState.waiting, error=bindparam("reason"), next_at=bindparam("at"), attempts=answer.c.attempts + 1
)
CANCEL = CHANGE.where(answer.c.state == AnswerState.waiting).values(state=AnswerState.failed, error=bindparam("reason"))
LATER = CHANGE.values(next_at=bindparam("at"), attempts=answer.c.attempts + 1)
NOTE_RESPONSE = CHANGE.values(response_id=bindparam("made"))
END = CHANGE.where(OPEN_ONES).values(
    state=bindparam("became"), error=bindparam("reason"), text=bindparam("partial"), cost=bindparam("price")
)
WAKE = update(answer).where(answer.c.state == AnswerState.waiting).values(next_at=0, attempts=0)


def add(connection: Connection, chat: Chat, answer_id: str, message_id: str, model: str, client: str, now: float) -> None:
    """Ask for an answer to a message."""
    values = {"id": answer_id, "conversation": chat.key, "message": message_id, "model": model, "client": client}
    values |= {"history": live.digest_delivered(live.read_path(connection, chat.key, message_id))}
    connection.execute(ADD, values | {"state": AnswerState.waiting, "created_at": now})


def add_done(
    connection: Connection, chat: Chat, new: NewMessage, response_id: str, client: str, cost: str | None, history: str = ""
) -> None:
    """Add the answer of an exchange that is over; its message is stored already."""
    values = {"id": new.id, "conversation": chat.key, "message": new.parent, "model": new.model, "client": client, "cost": cost}
    values |= {"response_id": response_id, "state": AnswerState.done, "created_at": new.created_at, "history": history}
    connection.execute(ADD, values)


def find_by_response(connection: Connection, client: str, response_id: str) -> AnswerRow | None:
    """Find a client's answer by OpenAI's id of it."""
    row = connection.execute(BY_RESPONSE, {"by": client, "which": response_id}).mappings().first()
    return to_answer(row) if row else None


def find_by_history(connection: Connection, key: int, history: str) -> str | None:
    """Find the id of the answer of an exchange by the digest of its turns."""
    return connection.execute(BY_HISTORY, {"of": key, "which": history}).scalar()


def find(connection: Connection, answer_id: str) -> AnswerRow | None:
    """Find an answer."""
    row = connection.execute(FIND, {"which": answer_id}).mappings().first()
    return to_answer(row) if row else None


def find_end(connection: Connection, chat: Chat) -> str:
    """Find what the next message of a conversation follows: the message that is shown last, or its answer to come."""
    values = {"of": chat.key, "which": chat.current_message}
    return connection.execute(LATEST, values).scalar_one_or_none() or chat.current_message


def read_history(connection: Connection, chat: Chat) -> str:
    """Read the digest of the delivered messages that the next message of a conversation follows."""
    return live.digest_delivered(live.read_path(connection, chat.key, find_end(connection, chat)))


def find_next(connection: Connection, key: int) -> AnswerRow | None:
    """Find the open answer of a conversation that comes first."""
    row = connection.execute(NEXT, {"of": key}).mappings().first()
    return to_answer(row) if row else None


def list_pending(connection: Connection, key: int) -> list[AnswerRow]:
    """List the answers of a conversation that are no messages of it (yet), in the order in which they were asked for."""
    return [to_answer(row) for row in connection.execute(PENDING, {"of": key}).mappings()]


def read_costs(connection: Connection, key: int) -> dict[str, str | None]:
    """Read the cost of each answer of a conversation, by the id of the message that it is."""
    return {row.id: row.cost for row in connection.execute(COSTS, {"of": key})}


def list_due(connection: Connection) -> dict[int, float]:
    """List the conversations with open answers, and when the first one of each is tried next."""
    return {row.conversation: row.next_at for row in connection.execute(DUE)}


def to_answer(row: RowMapping) -> AnswerRow:
    """Make the value of a row."""
    return AnswerRow.model_validate(dict(row))


def begin(connection: Connection, answer_id: str) -> bool:
    """Record that its message goes out now. False: it does not wait any more."""
    return connection.execute(BEGIN, {"which": answer_id}).rowcount > 0


def postpone(connection: Connection, answer_id: str, reason: str, next_at: float) -> None:
    """Record that its message could not go out, and when it is tried again."""
    connection.execute(POSTPONE, {"which": answer_id, "reason": reason, "at": next_at})


def cancel(connection: Connection, row: AnswerRow, reason: str) -> bool:
    """End an answer whose message did not go out. False: it has, or it had ended before."""
    return connection.execute(CANCEL, {"which": row.id, "reason": reason}).rowcount > 0


def look_later(connection: Connection, answer_id: str, next_at: float) -> None:
    """Record when an answer that OpenAI works on is looked at next."""
    connection.execute(LATER, {"which": answer_id, "at": next_at})


def note_response(connection: Connection, answer_id: str, response_id: str) -> None:
    """Record the id under which OpenAI works on it."""
    connection.execute(NOTE_RESPONSE, {"which": answer_id, "made": response_id})


def end(
    connection: Connection,
    row: AnswerRow,
    state: AnswerState,
    reason: str = "",
    text: str = "",
    cost: str | None = None,
) -> bool:
    """Record how it ended. False: it had ended before."""
    values = {"which": row.id, "became": state, "reason": reason, "partial": text, "price": cost}
    return connection.execute(END, values).rowcount > 0


def complete(connection: Connection, chat: Chat, row: AnswerRow, new: NewMessage, cost: str | None) -> bool:
    """Make it a message of its conversation. False: it had ended before, so nothing was stored."""
    if not end(connection, row, AnswerState.done, cost=cost):
        return False
    live.add_message(connection, chat, new.model_copy(update={"id": row.id, "parent": row.message, "role": Role.assistant}))
    live.show_answer(connection, chat, row.message, row.id)
    return True


def wake(connection: Connection) -> None:
    """Let everything that waits be tried again at once."""
    connection.execute(WAKE)
