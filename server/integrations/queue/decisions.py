"""Decisions of clients and the person: edit, cancel, retry, replay, and what becomes of an uncertain prompt."""

from dataclasses import dataclass

from sqlalchemy import Connection

from server.core.errors import InvalidInput
from server.integrations.queue.core import Core, require_prompt, require_source
from server.integrations.queue.ending import end, enqueue_again, put_back
from server.integrations.queue.models import Decision, DecisionKind, Lane, Prompt
from server.integrations.queue.results import Completion, store
from server.integrations.queue.states import State
from server.integrations.queue.store import transitions
from server.outbound.webhooks.outbox import Outbox

CANCELLED = "Cancelled."
NOT_RESENT = "It is unknown whether ChatGPT received the message, and it was not sent again."
EDITED = "The message was changed."
RETRIED = "Put back into the queue."
REPLAYED = "Put into the queue again."
RESENT = "It is to be sent again unless it is in the chat."
BLANK = "Give the message a text."


@dataclass(frozen=True)
class Decisions:
    """Carries decisions out."""

    core: Core

    async def edit(self, prompt_id: str, message: str, client_id: str | None) -> Prompt:
        """Change the message of an idle prompt."""
        if not message.strip():
            raise InvalidInput(BLANK)
        return await self.core.apply(edit, prompt_id, message, client_id, self.core.now())

    async def cancel(self, prompt_id: str, client_id: str | None) -> Prompt:
        """End a prompt."""
        return await self.core.apply(cancel, self.core.context.webhooks, prompt_id, client_id, self.core.now())

    async def retry(self, prompt_id: str, client_id: str | None) -> Prompt:
        """Put a prompt that failed or was cancelled back."""
        return await self.core.apply(retry, prompt_id, client_id, self.core.now())

    async def replay(self, prompt_id: str, lane: Lane, model: str | None, client_id: str | None) -> Prompt:
        """Put a prompt that has ended back, for another answer."""
        return await self.core.apply(replay, prompt_id, lane, model, client_id, self.core.now())

    async def resolve(self, prompt_id: str, decision: Decision) -> Prompt:
        """Decide on an uncertain prompt."""
        return await self.core.apply(resolve, self.core.context.webhooks, prompt_id, decision, self.core.now())


def edit(connection: Connection, prompt_id: str, message: str, client_id: str | None, now: float) -> Prompt:
    """Change the message. A late answer to the old one does not count any more."""
    found = require_prompt(connection, prompt_id, client_id)
    require_source(found, "edit")
    return transitions.move(connection, found, State.idle, now, EDITED, message=message, token=found.token + 1, ready=found.ready)


def cancel(connection: Connection, outbox: Outbox, prompt_id: str, client_id: str | None, now: float) -> Prompt:
    """End a prompt that has not ended."""
    found = require_prompt(connection, prompt_id, client_id)
    require_source(found, "cancel")
    return end(connection, outbox, found, State.cancelled, now, CANCELLED, error_name="cancelled")


def retry(connection: Connection, prompt_id: str, client_id: str | None, now: float) -> Prompt:
    """Put a prompt back; one that was begun may be in its chat, so the extension looks for it first."""
    found = require_prompt(connection, prompt_id, client_id)
    require_source(found, "retry")
    return enqueue_again(connection, found, now, RETRIED, find_first=found.started_at is not None)


def replay(connection: Connection, prompt_id: str, lane: Lane, model: str | None, client_id: str | None, now: float) -> Prompt:
    """Put a prompt back for another answer. It is sent again, as that is what was asked for."""
    found = require_prompt(connection, prompt_id, client_id)
    require_source(found, "replay")
    return enqueue_again(connection, found, now, REPLAYED, lane=lane, model=model or found.model, find_first=False)


def resolve(connection: Connection, outbox: Outbox, prompt_id: str, decision: Decision, now: float) -> Prompt:
    """Decide on an uncertain prompt. To resend keeps the token, so that a late answer still counts and spares it."""
    found = require_prompt(connection, prompt_id)
    require_source(found, "resolve")
    if decision.kind == DecisionKind.resend:
        return put_back(connection, found, now, RESENT, find_first=True, token=found.token)
    if decision.kind == DecisionKind.fail or decision.result is None:
        return end(connection, outbox, found, State.failed, now, NOT_RESENT, error_name="uncertain")
    [answered] = store(connection, outbox, [Completion(found.id, found.token, decision.result, now)])
    if isinstance(answered, Exception):
        raise answered
    return answered
