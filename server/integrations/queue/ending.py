"""The end of a prompt without an answer, and its return into the queue. Each function is a part of its caller's transaction."""

from typing import Any

from sqlalchemy import Connection

from server.integrations.queue.models import Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store import chats, control, transitions
from server.integrations.queue.webhooks import send_webhooks
from server.outbound.webhooks.outbox import Outbox


def end(connection: Connection, outbox: Outbox, found: Prompt, after: State, now: float, reason: str, **values: Any) -> Prompt:
    """End a prompt, store its webhook, and let the next one of its chat be claimed."""
    ended = transitions.move(connection, found, after, now, reason, **{"error_message": reason, "error_name": None, **values})
    chats.reorder(connection, found.chat_key, now)
    send_webhooks(connection, outbox, [ended])
    return ended


def put_back(connection: Connection, found: Prompt, now: float, reason: str = "", **values: Any) -> Prompt:
    """Make a prompt idle again, at its place. Its lease is over: the next token is another one."""
    idle = transitions.move(connection, found, State.idle, now, reason, **{"token": found.token + 1, **values})
    chats.reorder(connection, found.chat_key, now)
    return idle


def enqueue_again(connection: Connection, found: Prompt, now: float, reason: str, **values: Any) -> Prompt:
    """Put a prompt that has ended at the end of the queue."""
    position, _, _ = control.allocate_numbers(connection, 1, 0)
    columns = {"position": float(position), "completed_at": None, "not_before": None, "attempts": 0, "dead": False}
    return put_back(connection, found, now, reason, **columns, error_name=None, error_message=None, **values)
