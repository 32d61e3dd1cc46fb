"""Claims of prompts by extensions. Each function is a part of its caller's transaction.

In PostgreSQL `SKIP LOCKED` keeps a claim from waiting for a row that another transaction has locked; SQLite ignores it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Connection, bindparam, func, literal_column, or_, select, update

from server.integrations.queue.limits import count_allowed, find_earliest
from server.integrations.queue.models import Lane, Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.control import read_control, record_sent
from server.integrations.queue.store.rows import PROMPTS, to_moment, to_prompt, write_entry
from server.integrations.queue.store.tables import IS_LATER, IS_READY, prompt
from server.storage.prepared import Prepared

ABILITIES = ("find", "attachments")  # without which a worker cannot take every prompt
CAN_TAKE = (
    IS_READY,
    prompt.c.state == literal_column("'idle'"),  # in a restored backup another one may be ready
    prompt.c.lane == bindparam("way"),
    or_(~prompt.c.find_first, bindparam("can_find", type_=Boolean)),
    or_(prompt.c.attachments == "[]", bindparam("can_attach", type_=Boolean)),
)
NEXT = Prepared(
    PROMPTS.where(*CAN_TAKE)
    .order_by(prompt.c.priority.desc(), prompt.c.position)
    .limit(bindparam("most"))
    .with_for_update(of=prompt, skip_locked=True)
)
WAKE = Prepared(update(prompt).where(IS_LATER, prompt.c.not_before <= bindparam("now")).values(ready=literal_column("1")))
LEASE = Prepared(
    update(prompt)
    .where(prompt.c.number == bindparam("which"))
    .values(
        state=literal_column("'leased'"),
        ready=literal_column("0"),
        token=bindparam("fence"),
        worker=bindparam("holder"),
        expires_at=bindparam("until"),
        history=prompt.c.history.concat(bindparam("entry")),
    )
)
FIRST_READY = select(prompt.c.number).where(*CAN_TAKE).limit(1)
NEXT_LATER = select(func.min(prompt.c.not_before)).where(IS_LATER, prompt.c.lane == bindparam("way"))


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of prompts that a worker can take."""

    lane: Lane
    can_find: bool
    can_attach: bool

    @classmethod
    def of(cls, lane: Lane, capabilities: Collection[str]) -> "Kind":
        """Derive it from what a worker can do."""
        return cls(lane, can_find="find" in capabilities, can_attach="attachments" in capabilities)

    def bind(self) -> dict[str, Any]:
        """Make the parameters of CAN_TAKE."""
        return {"way": self.lane, "can_find": self.can_find, "can_attach": self.can_attach}

    def can_take(self, waiting: Prompt) -> bool:
        """Return whether it includes a prompt that waits in its lane, as CAN_TAKE does."""
        return (self.can_find or not waiting.find_first) and (self.can_attach or not waiting.attachments)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker that wants a prompt."""

    worker: str
    kind: Kind
    call: Call


def find_next_ready_at(connection: Connection, kind: Kind) -> float | None:
    """Find when a prompt is ready: 0 if one is, None if that is not a matter of time."""
    if connection.execute(FIRST_READY, kind.bind()).first():
        return 0
    moment: float | None = connection.scalar(NEXT_LATER, {"way": kind.lane})
    return moment


def lease_all(connection: Connection, wanted: Sequence[Claim]) -> list[Prompt | Exception | None]:
    """Lease prompts to workers, first come, first served."""
    outcomes: list[Prompt | Exception | None] = [None] * len(wanted)
    for kind in dict.fromkeys(claim.kind for claim in wanted):
        places = [place for place, claim in enumerate(wanted) if claim.kind == kind]
        leased = lease_some(connection, kind, [wanted[place] for place in places])
        for place, current in zip(places, leased, strict=False):
            outcomes[place] = current
    return outcomes


def lease_some(connection: Connection, kind: Kind, wanted: Sequence[Claim]) -> list[Prompt]:
    """Lease as many prompts as may be sent now, each of another chat. Limits are of the page, so another lane has none."""
    call = wanted[-1].call
    control = read_control(connection)
    allowed = 0 if control.paused else len(wanted)
    if kind.lane == Lane.browser:
        allowed = count_allowed(control, call, len(wanted))
    if allowed <= 0:
        return []
    WAKE.run(connection, [{"now": call.now}])
    rows = NEXT.read(connection, **kind.bind(), most=allowed)
    current = list(zip(map(to_prompt, rows), wanted, strict=False))
    if not current:
        return []
    until, entry = call.now + call.settings.lease_seconds, write_entry(call.now, State.leased)
    ends = to_moment(until)
    for leased, claim in current:
        leased.state, leased.token, leased.worker, leased.expires_at = State.leased, leased.token + 1, claim.worker, ends
    common = {"until": until, "entry": entry}
    LEASE.run(connection, [{"which": each.number, "fence": each.token, "holder": each.worker, **common} for each, _ in current])
    if kind.lane == Lane.browser:
        record_sent(connection, call.now, call.day, control.count_sent(call.day) + len(current))
    return [each for each, _ in current]


def find_next(connection: Connection, call: Call, kind: Kind) -> float | None:
    """Find when a prompt can be claimed."""
    control = read_control(connection)
    ready_at = find_next_ready_at(connection, kind)
    if control.paused or ready_at is None:
        return None
    earliest = find_earliest(control, call) if kind.lane == Lane.browser else 0.0
    return max(ready_at, earliest, call.now)
