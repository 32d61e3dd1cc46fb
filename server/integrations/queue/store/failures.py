"""Failures that an extension reports, and releases. Each function is a part of its caller's transaction."""

from sqlalchemy import Connection

from server.integrations.queue.models import Lane, Prompt, PromptFailure
from server.integrations.queue.states import State
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.control import uncount_sent
from server.integrations.queue.store.ending import end, put_back
from server.integrations.queue.store.prompts import require_prompt
from server.integrations.queue.store.transitions import require_lease

LONGEST_RETRY_SECONDS = 3_600.0


def fail(connection: Connection, call: Call, prompt_id: str, token: int, failure: PromptFailure) -> Prompt:
    """Record a failure. With no message sent and attempts left, the prompt waits for the next one; it fails otherwise."""
    current = require_prompt(connection, prompt_id)
    require_lease(current, token, "fail")
    if not failure.sent and current.lane == Lane.browser:
        uncount_sent(connection, 1, call.day)
    attempts = current.attempts + 1
    if failure.sent or failure.final or attempts >= call.settings.most_attempts:
        values = {"attempts": attempts, "dead": not failure.sent and not failure.final, "error_name": failure.name}
        return end(connection, call, current, State.failed, failure.text, **values)
    delay = min(call.settings.retry_seconds * 2 ** (attempts - 1), LONGEST_RETRY_SECONDS)
    return put_back(connection, call, current, failure.text, attempts=attempts, not_before=call.now + delay)


def release(connection: Connection, call: Call, prompt_id: str, token: int, reason: str) -> Prompt:
    """Make a prompt that was certainly not sent idle again; it does not count as sent."""
    current = require_prompt(connection, prompt_id)
    require_lease(current, token, "release")
    if current.lane == Lane.browser:
        uncount_sent(connection, 1, call.day)
    return put_back(connection, call, current, reason)
