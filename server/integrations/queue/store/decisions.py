"""Decisions of clients and the person about prompts. Each function is a part of its caller's transaction."""

from sqlalchemy import Connection

from server.core.errors import Conflict, Forbidden, InvalidInput
from server.integrations.queue.models import Decision, DecisionKind, Lane, Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.clients import read_approval
from server.integrations.queue.store.ending import NOT_ALLOWED, end, enqueue_again, put_back
from server.integrations.queue.store.prompts import require_prompt
from server.integrations.queue.store.results import Completion, complete_all
from server.integrations.queue.store.transitions import change, require_source

CANCELLED = "Cancelled."
NOT_RESENT = "It is unknown whether ChatGPT received the message, and it was not sent again."
EDITED = "The message was changed."
RETRIED = "Put back into the queue."
REPLAYED = "Put into the queue again."
RESENT = "It is sent again unless it is in the chat."
NO_FILES = "OpenAI's API does not get the files of this prompt, so it cannot answer it."
BLANK = "Give the message a text."
NEEDS_REPLAY = "The person approved this request to OpenAI's API and its cost as they are. Replay it for a new approval."


def edit(
    connection: Connection, call: Call, prompt_id: str, message: str | None, priority: int | None, client_id: str | None
) -> Prompt:
    """Change the message or the priority of an idle prompt, or both. A late answer to the old message does not count any more."""
    current = require_prompt(connection, prompt_id, client_id)
    require_source(current, "edit")
    if priority is not None:
        current = change(connection, current, priority=priority)
    if message is None:
        return current
    if not message.strip():
        raise InvalidInput(BLANK)
    require_approved_cost(current, client_id)
    return put_back(connection, call, current, EDITED, message=message)


def cancel(connection: Connection, call: Call, prompt_id: str, client_id: str | None) -> Prompt:
    """End a prompt that has not ended."""
    current = require_prompt(connection, prompt_id, client_id)
    require_source(current, "cancel")
    return end(connection, call, current, State.cancelled, CANCELLED, error_name="cancelled")


def retry(connection: Connection, call: Call, prompt_id: str, client_id: str | None) -> Prompt:
    """Put a prompt back; one that was begun may be in its chat, so the extension looks for it first."""
    current = require_prompt(connection, prompt_id, client_id)
    require_source(current, "retry")
    require_approved_cost(current, client_id)
    require_approval(connection, current)
    may_be_there = current.lane is Lane.browser and current.started_at is not None
    return enqueue_again(connection, call, current, RETRIED, find_first=may_be_there)


def replay(connection: Connection, call: Call, prompt_id: str, lane: Lane, model: str | None, client_id: str | None) -> Prompt:
    """Put a prompt back for another answer. It is sent again, as requested."""
    current = require_prompt(connection, prompt_id, client_id)
    require_source(current, "replay")
    if lane is Lane.api and current.attachments:
        raise InvalidInput(NO_FILES)
    require_approval(connection, current)
    return enqueue_again(connection, call, current, REPLAYED, lane=lane, model=model or current.model, started_at=None)


def resolve(connection: Connection, call: Call, prompt_id: str, decision: Decision) -> Prompt:
    """Decide on an uncertain prompt. To resend keeps the token, so that a late answer still counts and spares it."""
    current = require_prompt(connection, prompt_id)
    require_source(current, "resolve")
    if decision.kind == DecisionKind.resend:
        require_approval(connection, current)
        in_browser = current.lane is Lane.browser
        reason = RESENT if in_browser else RETRIED
        return put_back(connection, call, current, reason, find_first=in_browser, token=current.token, error_message=None)
    if decision.result is None:
        return end(connection, call, current, State.failed, NOT_RESENT, error_name="uncertain")
    [answered] = complete_all(connection, [Completion(current.id, current.token, decision.result, call)])
    if isinstance(answered, Exception):
        raise answered
    return answered


def require_approval(connection: Connection, current: Prompt) -> None:
    """Raises Forbidden if the person does not allow the client: its prompt would wait for ever."""
    if read_approval(connection, current.client.id) is False:
        raise Forbidden(NOT_ALLOWED)


def require_approved_cost(current: Prompt, client_id: str | None) -> None:
    """Raises Conflict if a client would have OpenAI's API answer what the person has not approved."""
    if client_id is not None and current.lane is Lane.api:
        raise Conflict(NEEDS_REPLAY)
