"""Leases of extensions. Each function is a part of its caller's transaction."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, bindparam, update

from server.core.errors import Conflict
from server.integrations.queue.models import Lane, Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.control import uncount_sent
from server.integrations.queue.store.ending import put_back
from server.integrations.queue.store.prompts import require_prompt
from server.integrations.queue.store.rows import PROMPTS, to_prompt
from server.integrations.queue.store.tables import IS_HELD, prompt
from server.integrations.queue.store.transitions import STALE, change, move, require_lease

LOST = "The connection to the browser was lost."
UNKNOWN_END = "The connection to the browser was lost after it began, so it is unknown whether the message was sent."

HELD = PROMPTS.where(IS_HELD)  # few, in an index of their own
LEASED = prompt.c.state.in_((State.leased, State.executing))
OF_WORKER = HELD.where(prompt.c.worker == bindparam("holder"), LEASED)
EXPIRED = HELD.where(prompt.c.expires_at < bindparam("now"), LEASED)
EXTEND = update(prompt).where(IS_HELD, prompt.c.worker == bindparam("holder"), LEASED).values(expires_at=bindparam("until"))
PROGRESS = (
    update(prompt)
    .where(prompt.c.id == bindparam("which"), prompt.c.token == bindparam("fence"), prompt.c.state == State.executing)
    .values(partial=bindparam("text"))
)


def list_held(connection: Connection, worker: str | None = None) -> list[Prompt]:
    """List what an extension holds, or all that is held or uncertain."""
    rows = connection.execute(HELD) if worker is None else connection.execute(OF_WORKER, {"holder": worker})
    return sort(rows)


def sort(rows: Iterable[Row[Any]]) -> list[Prompt]:
    """Convert rows, in the order of submission. (In SQL it would be read from the table of all prompts.)"""
    return sorted(map(to_prompt, rows), key=attrgetter("number"))


def list_expired(connection: Connection, now: float) -> list[Prompt]:
    """List what is held beyond its lease."""
    return sort(connection.execute(EXPIRED, {"now": now}))


def extend(connection: Connection, call: Call, worker: str) -> None:
    """Extend the leases of an extension."""
    connection.execute(EXTEND, {"holder": worker, "until": call.now + call.settings.lease_seconds})


def set_partial(connection: Connection, _: Call, prompt_id: str, token: int, text: str) -> None:
    """Store a partial text. Raises Conflict if the lease is not in force."""
    if not connection.execute(PROGRESS, {"which": prompt_id, "fence": token, "text": text}).rowcount:
        raise Conflict(STALE)


def acknowledge(connection: Connection, call: Call, prompt_id: str, token: int, worker: str | None) -> Prompt:
    """Begin a prompt. A repetition, and that of an extension that is back, extends its lease."""
    current = require_prompt(connection, prompt_id)
    values: dict[str, Any] = {"expires_at": call.now + call.settings.lease_seconds, "worker": worker or current.worker}
    if current.state == State.executing and current.token == token:
        return change(connection, current, **values)
    require_lease(current, token, "acknowledge")
    if current.state == State.leased:
        values["started_at"] = call.now
    return move(connection, current, State.executing, call.now, **values)


def lose_worker(connection: Connection, call: Call, worker: str) -> list[Prompt]:
    """Lose what an extension holds."""
    return lose(connection, call, list_held(connection, worker))


def lose_expired(connection: Connection, call: Call) -> list[Prompt]:
    """Lose what is held beyond its lease."""
    return lose(connection, call, list_expired(connection, call.now))


def lose(connection: Connection, call: Call, held: Sequence[Prompt]) -> list[Prompt]:
    """Make what was not acknowledged idle, as nothing was typed, and the rest uncertain."""
    unsent = sum(current.state == State.leased and current.lane == Lane.browser for current in held)
    if unsent:
        uncount_sent(connection, unsent, call.day)
    return [
        put_back(connection, call, current, LOST)
        if current.state == State.leased
        else move(connection, current, State.uncertain, call.now, UNKNOWN_END, expires_at=None)
        for current in held
    ]
