"""Leases of extensions. Each function is a part of its caller's transaction."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, bindparam, update

from server.integrations.queue.models import Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store.rows import PROMPTS, to_prompt
from server.integrations.queue.store.tables import IS_HELD, prompt

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


def extend(connection: Connection, worker: str, until: float) -> None:
    """Extend the leases of an extension."""
    connection.execute(EXTEND, {"holder": worker, "until": until})


def set_partial(connection: Connection, prompt_id: str, token: int, text: str) -> bool:
    """Store a partial text; return False if the lease is not in force."""
    return connection.execute(PROGRESS, {"which": prompt_id, "fence": token, "text": text}).rowcount > 0
