"""The end of a prompt without an answer, and its return into the queue. Each function is a part of its caller's transaction."""

from typing import Any

from sqlalchemy import Connection

from server.integrations.queue.models import Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.chats import reorder
from server.integrations.queue.store.clients import read_approval
from server.integrations.queue.store.control import allocate_numbers
from server.integrations.queue.store.transitions import move
from server.integrations.queue.store.webhooks import send_webhooks

NOT_ALLOWED = "The person does not allow this client to put requests into ChatGPT."


def end(connection: Connection, call: Call, current: Prompt, after: State, reason: str, **values: Any) -> Prompt:
    """End a prompt, store its webhook, and let the next one of its chat be claimed."""
    ended = move(connection, current, after, call.now, reason, **{"error_message": reason, **values})
    reorder(connection, current.chat_key, call.now)
    send_webhooks(connection, call.outbox, [ended])
    return ended


def put_back(connection: Connection, call: Call, current: Prompt, reason: str, **values: Any) -> Prompt:
    """Make a prompt idle again, at its place. Its lease is over: the next token is another one.

    If the person has refused its client meanwhile, it fails instead, as it would wait for ever.
    """
    if read_approval(connection, current.client.id) is False:
        return end(connection, call, current, State.failed, NOT_ALLOWED, error_name="not_allowed")
    idle = move(connection, current, State.idle, call.now, reason, **{"token": current.token + 1, **values})
    reorder(connection, current.chat_key, call.now)
    return idle


def enqueue_again(connection: Connection, call: Call, current: Prompt, reason: str, **values: Any) -> Prompt:
    """Put a prompt that has ended at the end of the queue."""
    position, _, _ = allocate_numbers(connection, 1, 0)
    columns = {"position": float(position), "completed_at": None, "not_before": None, "attempts": 0, "dead": False}
    columns |= {"error_name": None, "error_message": None}
    return put_back(connection, call, current, reason, **columns, **values)
