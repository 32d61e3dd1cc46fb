"""Places of prompts that wait, and the pace of the latest answers. Each function is a part of its caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from server.integrations.queue.models import Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store.clients import read_approval
from server.integrations.queue.store.control import read_control
from server.integrations.queue.store.tables import IS_OPEN, answer, prompt

IS_IDLE = prompt.c.state == State.idle
POSITION = select(prompt.c.position).where(prompt.c.number == bindparam("which"))
AHEAD = (
    select(func.count())
    .select_from(prompt)
    .where(
        IS_OPEN,
        IS_IDLE,
        (prompt.c.priority > bindparam("urgency"))
        | ((prompt.c.priority == bindparam("urgency")) & (prompt.c.position < bindparam("before"))),
    )
)
COUNTED = (
    select(
        prompt.c.number,
        func.count().filter(IS_IDLE).over(order_by=(prompt.c.priority.desc(), prompt.c.position), rows=(None, -1)).label("ahead"),
    )
    .where(IS_OPEN)
    .subquery()
)
AHEAD_OF_SOME = select(COUNTED).where(COUNTED.c.number.in_(bindparam("numbers", expanding=True)))
LATEST = answer.c.number > select(func.max(answer.c.number) - 1_000).scalar_subquery()  # the others may all be of the API
DURATIONS = select(answer.c.seconds).where(LATEST, answer.c.lane == "browser").order_by(answer.c.number.desc()).limit(20)


@dataclass(frozen=True, slots=True)
class Line:
    """Prompts that wait. `ahead`: how many are before each, by its number; `held`: clients that the person does not allow yet."""

    ahead: dict[int, int]
    held: set[str]
    durations: list[float]
    paused: bool


def read_line(connection: Connection, waiting: Sequence[Prompt]) -> Line:
    """Read how many prompts are before each of some that wait, and how many seconds the latest answers took."""
    held = {client for client in {each.client.id for each in waiting} if not read_approval(connection, client)}
    return Line(count_ahead(connection, waiting), held, list_durations(connection), read_control(connection).paused)


def count_ahead(connection: Connection, waiting: Sequence[Prompt]) -> dict[int, int]:
    """Count the prompts that are before each. Of one alone that takes a fifth of the time, as nothing is sorted."""
    if len(waiting) > 1:
        rows = connection.execute(AHEAD_OF_SOME, {"numbers": [each.number for each in waiting]})
        return {row.number: row.ahead for row in rows}
    [current] = waiting
    position = connection.scalar(POSITION, {"which": current.number})
    return {current.number: int(connection.scalar(AHEAD, {"urgency": current.priority, "before": position}) or 0)}


def list_durations(connection: Connection) -> list[float]:
    """List how many seconds the latest answers took."""
    return [seconds for seconds in connection.execute(DURATIONS).scalars() if seconds is not None]
