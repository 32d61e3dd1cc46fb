"""Deletion of prompts that ended long ago. Their chats stay, as ChatGPT has them too."""

from sqlalchemy import Connection, delete, select

from server.integrations.queue.store.tables import HAS_ENDED, answer, attachment, prompt


def delete_ended(connection: Connection, before: float, limit: int) -> list[str]:
    """Delete the prompts that ended before a moment, at most so many; return their ids."""
    old = select(prompt.c.number, prompt.c.id).where(HAS_ENDED, prompt.c.completed_at < before).limit(limit)
    rows = connection.execute(old).all()
    numbers = [row.number for row in rows]
    connection.execute(delete(answer).where(answer.c.prompt.in_(numbers)))
    connection.execute(delete(attachment).where(attachment.c.prompt.in_(numbers)))
    connection.execute(delete(prompt).where(prompt.c.number.in_(numbers)))
    return [row.id for row in rows]
