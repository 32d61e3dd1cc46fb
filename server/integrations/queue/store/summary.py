"""Figures of the queue. Each function is a part of its caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from server.core.local_time import start_of_day
from server.integrations.queue.limits import find_limit_end
from server.integrations.queue.models import QueueSummary
from server.integrations.queue.states import OPEN, WAITING, State
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.clients import list_clients
from server.integrations.queue.store.control import read_control
from server.integrations.queue.store.rows import to_optional_moment
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


def summarize(connection: Connection, call: Call) -> QueueSummary:
    """Read the figures."""
    state = read_control(connection)
    midnight = start_of_day(datetime.fromisoformat(call.day).date()).timestamp()
    counts = count_states(connection, midnight)
    return QueueSummary(
        waiting=sum(counts[state] for state in WAITING),
        running=counts[State.executing],
        uncertain=counts[State.uncertain],
        done_today=counts[State.done],
        failed_today=counts[State.failed],
        dead=count_dead(connection),
        paused=state.paused,
        draining=state.draining,
        limit_until=to_optional_moment(find_limit_end(state, call) or None),
        sent_today=state.count_sent(call.day),
        daily_cap=call.settings.daily_cap,
        approval_needed=[client for client in list_clients(connection) if client.approved is None and client.waiting],
    )
