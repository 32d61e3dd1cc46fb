"""The order of the queue: priorities, and what the person moves."""

from dataclasses import dataclass

from sqlalchemy import Connection

from server.core.errors import Conflict
from server.integrations.queue.core import Core, require_prompt
from server.integrations.queue.models import Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store import chats, control, prompts, transitions

NOT_WAITING = "Only requests that wait can be moved."
SAMPLE = 20  # answers, for how long one takes


@dataclass(frozen=True)
class Ordering:
    """Changes the order."""

    core: Core

    async def move(self, prompt_id: str, before: str | None, client_id: str | None) -> Prompt:
        """Move a prompt before another one, or to the end."""
        return await self.core.apply(move, prompt_id, before, client_id, self.core.now())

    async def set_priority(self, prompt_id: str, priority: int, client_id: str | None) -> Prompt:
        """Change a priority."""
        return await self.core.apply(set_priority, prompt_id, priority, client_id)


def require_idle(connection: Connection, prompt_id: str, client_id: str | None) -> Prompt:
    """Find a prompt that waits."""
    found = require_prompt(connection, prompt_id, client_id)
    if found.state != State.idle:
        raise Conflict(NOT_WAITING)
    return found


def move(connection: Connection, prompt_id: str, before: str | None, client_id: str | None, now: float) -> Prompt:
    """Move a prompt. It gets the priority of what it stands before, so that it is claimed before it."""
    found = require_idle(connection, prompt_id, client_id)
    if before == prompt_id:
        return found
    if before is None:
        last, _, _ = control.allocate_numbers(connection, 1, 0)
        moved = transitions.change(connection, found, position=float(last))
    else:
        following = require_idle(connection, before, client_id)
        position = prompts.make_room(connection, following)
        moved = transitions.change(connection, found, position=position, priority=following.priority)
    chats.reorder(connection, found.chat_key, now)
    return moved


def set_priority(connection: Connection, prompt_id: str, priority: int, client_id: str | None) -> Prompt:
    """Change a priority."""
    return transitions.change(connection, require_idle(connection, prompt_id, client_id), priority=priority)
