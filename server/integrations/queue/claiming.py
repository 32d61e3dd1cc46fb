"""Claims: the prompt that is next, if one may be sent now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server.integrations.queue.batches import Batches
from server.integrations.queue.core import Core
from server.integrations.queue.limits import Moment, count_allowed, find_gate
from server.integrations.queue.models import Lane, Lease, Prompt, QueueSettings
from server.integrations.queue.states import State
from server.integrations.queue.store import claims
from server.integrations.queue.store.claims import Kind
from server.integrations.queue.store.control import read_control, record_sent
from server.integrations.queue.store.rows import to_moment, write_entry

PAUSED = timedelta(seconds=1)  # between two looks whether the person still has all actions paused


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker that wants a prompt. `moment` and `settings`: when it asked."""

    worker: str
    kind: Kind
    moment: Moment
    settings: QueueSettings


class Claiming:
    """Leases prompts, those of one moment together."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._batches = Batches(core.context.database, lease_all, core.publish)

    async def claim(self, worker: str, capabilities: Collection[str], lane: Lane) -> Lease | None:
        """Lease the prompt that is next."""
        core = self._core
        if core.context.is_paused():
            return None
        kind = Kind(lane, can_find="find" in capabilities, can_attach="attachments" in capabilities)
        leased = await self._batches.call(Claim(worker, kind, core.moment(), core.read_settings()))
        return Lease(leased, leased.token, leased.expires_at) if leased and leased.expires_at else None

    async def next_claim_at(self, lane: Lane) -> datetime | None:
        """Read when a claim may succeed although nothing changes."""
        core = self._core
        if core.context.is_paused():
            return core.context.clock.now() + PAUSED
        seconds = await core.context.database.read(find_next, lane, core.moment(), core.read_settings())
        return None if seconds is None else to_moment(seconds)


def lease_all(connection: Connection, wanted: Sequence[Claim]) -> list[Prompt | Exception | None]:
    """Lease prompts to workers, first come, first served."""
    outcomes: list[Prompt | Exception | None] = [None] * len(wanted)
    for kind in dict.fromkeys(claim.kind for claim in wanted):
        places = [place for place, claim in enumerate(wanted) if claim.kind == kind]
        leased = lease_some(connection, kind, [wanted[place] for place in places])
        for place, prompt in zip(places, leased, strict=False):
            outcomes[place] = prompt
    return outcomes


def lease_some(connection: Connection, kind: Kind, wanted: Sequence[Claim]) -> list[Prompt]:
    """Lease as many prompts as may be sent now. Limits are of the page, so another lane only has the pause button."""
    settings, moment = wanted[-1].settings, wanted[-1].moment
    control = read_control(connection, lock=True)
    allowed = 0 if control.paused else len(wanted)
    if kind.lane == Lane.browser:
        allowed = count_allowed(control, settings, moment, len(wanted))
    if allowed <= 0:
        return []
    until, entry = moment.now + settings.lease_seconds, write_entry(moment.now, State.leased)
    found = claims.find_ready(connection, kind, allowed, moment.now)
    rows = [
        {"which": prompt.number, "fence": prompt.token + 1, "holder": claim.worker, "until": until, "entry": entry}
        for prompt, claim in zip(found, wanted, strict=False)
    ]
    if not rows:
        return []
    claims.lease(connection, rows)
    if kind.lane == Lane.browser:
        record_sent(connection, moment.now, moment.day, control.count_sent(moment.day) + len(rows))
    return [
        replace(prompt, state=State.leased, token=prompt.token + 1, worker=claim.worker, expires_at=to_moment(until))
        for prompt, claim in zip(found, wanted, strict=False)
    ]


def find_next(connection: Connection, lane: Lane, moment: Moment, settings: QueueSettings) -> float | None:
    """Find when a prompt can be claimed."""
    control = read_control(connection)
    ready_at = claims.find_next_ready_at(connection, lane)
    if control.paused or ready_at is None:
        return None
    gate = find_gate(control, settings, moment) if lane == Lane.browser else 0.0
    return max(ready_at, gate, moment.now)
