"""Failures that an extension reports: a prompt that was not sent is tried again, one that was sent is not."""

from dataclasses import dataclass

from sqlalchemy import Connection

from server.integrations.queue.core import Core, require_lease, require_prompt
from server.integrations.queue.ending import end, put_back
from server.integrations.queue.limits import Moment
from server.integrations.queue.models import Lane, Prompt, PromptFailure, QueueSettings
from server.integrations.queue.states import State
from server.integrations.queue.store.control import uncount_sent
from server.outbound.webhooks.outbox import Outbox

LONGEST_RETRY_SECONDS = 3_600.0


@dataclass(frozen=True)
class Failures:
    """Stores failures."""

    core: Core

    async def fail(self, prompt_id: str, token: int, failure: PromptFailure) -> Prompt:
        """Store a failure."""
        core = self.core
        settings, outbox = core.read_settings(), core.context.webhooks
        return await core.apply(record, outbox, prompt_id, token, failure, settings, core.moment())

    async def release(self, prompt_id: str, token: int, reason: str) -> Prompt:
        """Take a prompt back that was certainly not sent."""
        return await self.core.apply(release, prompt_id, token, reason, self.core.moment())


def record(
    connection: Connection,
    outbox: Outbox,
    prompt_id: str,
    token: int,
    failure: PromptFailure,
    settings: QueueSettings,
    moment: Moment,
) -> Prompt:
    """Record a failure; without a message sent and with attempts left, the prompt waits for the next one."""
    found, now = require_prompt(connection, prompt_id), moment.now
    require_lease(found, token, "fail")
    if found.lane == Lane.browser and not failure.sent:
        uncount_sent(connection, 1, moment.day)
    attempts = found.attempts + 1
    if failure.sent or failure.final or attempts >= settings.most_attempts:
        is_dead = not failure.sent and not failure.final
        values = {"attempts": attempts, "dead": is_dead, "error_name": failure.name}
        return end(connection, outbox, found, State.failed, now, failure.text, **values)
    delay = min(settings.retry_seconds * 2 ** (attempts - 1), LONGEST_RETRY_SECONDS)
    return put_back(connection, found, now, failure.text, attempts=attempts, not_before=now + delay)


def release(connection: Connection, prompt_id: str, token: int, reason: str, moment: Moment) -> Prompt:
    """Make a prompt idle again; it does not count as sent."""
    found = require_prompt(connection, prompt_id)
    require_lease(found, token, "release")
    if found.lane == Lane.browser:
        uncount_sent(connection, 1, moment.day)
    return put_back(connection, found, moment.now, reason)
