"""The order of the queue: what the person moves. Each function is a part of its caller's transaction."""

from sqlalchemy import Connection, func, select

from server.core.errors import Conflict
from server.integrations.queue.models import Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.chats import reorder
from server.integrations.queue.store.control import allocate_numbers
from server.integrations.queue.store.prompts import make_room, require_prompt
from server.integrations.queue.store.tables import IS_OPEN, prompt
from server.integrations.queue.store.transitions import change

NOT_WAITING = "Only requests that wait can be moved."
LOWEST = select(func.min(prompt.c.priority)).where(IS_OPEN, prompt.c.state == State.idle)


def require_idle(connection: Connection, prompt_id: str, client_id: str | None) -> Prompt:
    """Find a prompt that waits."""
    current = require_prompt(connection, prompt_id, client_id)
    if current.state != State.idle:
        raise Conflict(NOT_WAITING)
    return current


def move_before(connection: Connection, call: Call, prompt_id: str, before: str | None, client_id: str | None) -> Prompt:
    """Move a prompt before another one, or to the end. It gets the priority that its place needs."""
    current = require_idle(connection, prompt_id, client_id)
    if before == prompt_id:
        return current
    if before is None:
        last, _, _ = allocate_numbers(connection, 1, 0)
        moved = change(connection, current, position=float(last), priority=connection.scalar(LOWEST))
    else:
        following = require_idle(connection, before, client_id)
        moved = change(connection, current, position=make_room(connection, following), priority=following.priority)
    reorder(connection, current.chat_key, call.now)
    return moved
