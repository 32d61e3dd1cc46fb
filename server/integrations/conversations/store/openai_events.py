"""Events that OpenAI has delivered, so that each one counts once."""

from sqlalchemy import Column, Connection, MetaData, Table, Text, bindparam, delete, insert

event = Table("chat_openai_event", MetaData(), Column("id", Text, primary_key=True), Column("at", Text, nullable=False))
ADD = insert(event).prefix_with("OR IGNORE")
FORGET = delete(event).where(event.c.at < bindparam("before"))


def add(connection: Connection, event_id: str, at: str, forget_before: str) -> bool:
    """Note an event and forget old ones; return whether it is new."""
    connection.execute(FORGET, {"before": forget_before})
    return bool(connection.execute(ADD, {"id": event_id, "at": at}).rowcount)
