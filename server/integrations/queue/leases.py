"""Leases: an extension acknowledges, reports progress, is heard from, and is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from server.core.errors import Conflict
from server.integrations.queue.changes import Change
from server.integrations.queue.core import STALE, Core, require_lease, require_prompt
from server.integrations.queue.ending import put_back
from server.integrations.queue.limits import Moment
from server.integrations.queue.models import Lane, Lease, Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store import leases, transitions
from server.integrations.queue.store.control import uncount_sent
from server.integrations.queue.store.rows import to_moment

LOST = "The connection to the browser was lost."
UNKNOWN_END = "The connection to the browser was lost after it began, so it is unknown whether the message was sent."


@dataclass(frozen=True)
class Leases:
    """Leases of all extensions."""

    core: Core

    async def acknowledge(self, prompt_id: str, token: int, worker: str | None) -> Prompt:
        """Record that an extension begins, or is back."""
        until = self.core.now() + self.core.read_settings().lease_seconds
        return await self.core.apply(acknowledge, prompt_id, token, worker, self.core.now(), until)

    async def progress(self, prompt_id: str, token: int, text: str) -> None:
        """Record a partial text."""
        if not await self.core.context.database.write(leases.set_partial, prompt_id, token, text):
            raise Conflict(STALE)
        self.core.changes.publish(Change(prompt_id, state=State.executing, partial=True))

    async def heartbeat(self, worker: str) -> None:
        """Extend the leases of an extension."""
        until = self.core.now() + self.core.read_settings().lease_seconds
        await self.core.context.database.write(leases.extend, worker, until)

    async def lose(self, worker: str) -> list[Prompt]:
        """Record that an extension is lost."""
        return await self.core.apply_all(lose_worker, worker, self.core.moment())

    async def expire(self) -> list[Prompt]:
        """Lose the leases that were not extended in time."""
        moment = self.core.moment()
        if not await self.core.context.database.read(leases.list_expired, moment.now):
            return []
        return await self.core.apply_all(lose_expired, moment)

    async def list_held(self, worker: str | None) -> list[Lease]:
        """List what an extension holds, or all that is held or uncertain."""
        held = await self.core.context.database.read(leases.list_held, worker)
        return [Lease(prompt, prompt.token, prompt.expires_at or to_moment(self.core.now())) for prompt in held]


def acknowledge(connection: Connection, prompt_id: str, token: int, worker: str | None, now: float, until: float) -> Prompt:
    """Begin a prompt. A repetition, and that of an extension that is back, extends its lease."""
    found = require_prompt(connection, prompt_id)
    values = {"expires_at": until, "worker": worker or found.worker}
    if found.state == State.executing and found.token == token:
        return transitions.change(connection, found, **values)
    require_lease(found, token, "acknowledge")
    if found.state == State.leased:
        values["started_at"] = now
    return transitions.move(connection, found, State.executing, now, **values)


def lose_worker(connection: Connection, worker: str, moment: Moment) -> list[Prompt]:
    """Lose what an extension holds."""
    return lose(connection, leases.list_held(connection, worker), moment)


def lose_expired(connection: Connection, moment: Moment) -> list[Prompt]:
    """Lose what is held beyond its lease."""
    return lose(connection, leases.list_expired(connection, moment.now), moment)


def lose(connection: Connection, held: Sequence[Prompt], moment: Moment) -> list[Prompt]:
    """Make what was not acknowledged idle, as nothing was typed, and the rest uncertain."""
    changed = []
    for found in held:
        if found.state == State.leased:
            changed.append(put_back(connection, found, moment.now, LOST))
        else:
            changed.append(transitions.move(connection, found, State.uncertain, moment.now, UNKNOWN_END, expires_at=None))
    unsent = sum(found.state == State.leased and found.lane == Lane.browser for found in held)
    if unsent:
        uncount_sent(connection, unsent, moment.day)
    return changed
