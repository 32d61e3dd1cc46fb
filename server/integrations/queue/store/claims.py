"""Claims of prompts by extensions. Each function is a part of its caller's transaction.

In PostgreSQL `SKIP LOCKED` keeps claims of several servers apart; SQLite has one writer and ignores it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Connection, bindparam, func, literal_column, or_, select, update

from server.integrations.queue.models import Lane, Prompt
from server.integrations.queue.store.rows import PROMPTS, to_prompt
from server.integrations.queue.store.tables import IS_LATER, IS_READY, prompt

NEXT = (
    PROMPTS.where(IS_READY, prompt.c.lane == bindparam("way"))
    .where(or_(~prompt.c.find_first, bindparam("can_find", type_=Boolean)))
    .where(or_(prompt.c.attachments == "[]", bindparam("can_attach", type_=Boolean)))
    .order_by(prompt.c.priority.desc(), prompt.c.position)
    .limit(bindparam("most"))
    .with_for_update(of=prompt, skip_locked=True)
)
WAKE = update(prompt).where(IS_LATER, prompt.c.not_before <= bindparam("now")).values(ready=1)
LEASE = (
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
FIRST_READY = select(prompt.c.number).where(IS_READY, prompt.c.lane == bindparam("way")).limit(1)
NEXT_LATER = select(func.min(prompt.c.not_before)).where(IS_LATER, prompt.c.lane == bindparam("way"))


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of prompts that a worker can take."""

    lane: Lane
    can_find: bool
    can_attach: bool


def find_ready(connection: Connection, kind: Kind, most: int, now: float) -> list[Prompt]:
    """Find the prompts that are next, each of another chat, and keep others from them."""
    connection.execute(WAKE, {"now": now})
    values = {"way": kind.lane, "can_find": kind.can_find, "can_attach": kind.can_attach, "most": most}
    return [to_prompt(row) for row in connection.execute(NEXT, values)]


def lease(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Lease prompts: `which`, `fence`, `holder`, `until` and `entry` of each."""
    connection.execute(LEASE, list(rows))


def find_next_ready_at(connection: Connection, lane: str) -> float | None:
    """Find when a prompt is ready: 0 if one is, None if that is not a matter of time."""
    if connection.execute(FIRST_READY, {"way": lane}).first():
        return 0
    moment: float | None = connection.scalar(NEXT_LATER, {"way": lane})
    return moment
