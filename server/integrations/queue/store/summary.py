"""Figures of the queue. Each function is a part of its caller's transaction."""

from sqlalchemy import Connection, bindparam, func, select

from server.integrations.queue.states import OPEN, State
from server.integrations.queue.store.tables import HAS_ENDED, IS_DEAD, IS_HELD, IS_OPEN, prompt

OPEN_COUNT = select(func.count()).select_from(prompt).where(IS_OPEN)
HELD_COUNTS = select(prompt.c.state, func.count()).where(IS_HELD).group_by(prompt.c.state)
ENDED_COUNTS = (
    select(prompt.c.state, func.count()).where(HAS_ENDED, prompt.c.completed_at >= bindparam("start")).group_by(prompt.c.state)
)
DEAD_COUNT = select(func.count()).select_from(prompt).where(IS_DEAD)


def count_states(connection: Connection, start_of_day: float) -> dict[State, int]:
    """Count prompts by state: those that are open, and those that ended since the day began."""
    counts = dict.fromkeys(State, 0)
    for query, values in ((HELD_COUNTS, {}), (ENDED_COUNTS, {"start": start_of_day})):
        for state, count in connection.execute(query, values):
            counts[State(state)] += count
    waiting = int(connection.scalar(OPEN_COUNT) or 0) - sum(counts[state] for state in OPEN)
    return counts | {State.idle: waiting}


def count_dead(connection: Connection) -> int:
    """Count dead letters."""
    return int(connection.scalar(DEAD_COUNT) or 0)
