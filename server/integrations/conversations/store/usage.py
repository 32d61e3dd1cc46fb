"""Usage of OpenAI's models: one row for each request, made before it goes out.

A row is `reserved` until the usage of its response is known, then `settled`. After a restart those that were reserved before
are `uncertain`; they count as what they cost at most, until their response is looked up. Amounts are in units of `money`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from server.integrations.conversations.store.tables import project as chat_project

RESERVED, SETTLED, UNCERTAIN = "reserved", "settled", "uncertain"

usage = Table(
    "chat_usage",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),  # ISO 8601 in UTC
    Column("month", Text, nullable=False),  # YYYY-MM in UTC, as OpenAI counts
    Column("project", Text, nullable=False),
    Column("client", Text, nullable=False),  # empty: the person
    Column("model", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reserved", Integer),  # what it costs at most; NULL: unknown
    Column("cost", Integer),  # NULL: unknown
    Column("input_tokens", Integer, nullable=False, server_default="0"),
    Column("cached_tokens", Integer, nullable=False, server_default="0"),
    Column("output_tokens", Integer, nullable=False, server_default="0"),
    Column("reasoning_tokens", Integer, nullable=False, server_default="0"),
)
Index("chat_usage_month", usage.c.month, usage.c.project)
Index("chat_usage_state", usage.c.state)

is_settled = usage.c.state == SETTLED
known = case((is_settled, usage.c.cost), (usage.c.reserved == 0, 0))  # of a service that costs nothing, also without an answer
SPENT = (
    select(
        usage.c.project,
        func.coalesce(func.sum(case((is_settled, usage.c.cost))), 0).label("spent"),
        func.coalesce(func.sum(case((is_settled, 0), else_=usage.c.reserved)), 0).label("reserved"),
    )
    .where(usage.c.month == bindparam("month"))
    .group_by(usage.c.project)
)
PROJECTS = select(usage.c.project).distinct()
ADD = insert(usage)
SETTLE = update(usage).where(usage.c.number == bindparam("which"))
RELEASE = delete(usage).where(usage.c.number == bindparam("which"), usage.c.state != SETTLED)
DOUBT = update(usage).where(usage.c.number == bindparam("which"), usage.c.state == RESERVED).values(state=UNCERTAIN)
DOUBT_ALL = update(usage).where(usage.c.state == RESERVED).values(state=UNCERTAIN)
OF_EARLIER_RUN = (
    select(usage.c.number, usage.c.model)
    .where(usage.c.state == UNCERTAIN, usage.c.project == bindparam("of"), usage.c.client == bindparam("by"))
    .order_by(usage.c.number)
    .limit(1)
)
MONTHS = (
    select(
        usage.c.month,
        usage.c.project,
        chat_project.c.name,
        func.count().label("calls"),
        func.sum(usage.c.input_tokens).label("input_tokens"),
        func.sum(usage.c.output_tokens).label("output_tokens"),
        func.sum(known).label("cost"),
        func.count(case((known.is_(None), 1))).label("unknown_calls"),
    )
    .select_from(usage.outerjoin(chat_project, chat_project.c.id == usage.c.project))
    .where(or_(is_settled, usage.c.state == UNCERTAIN))
    .group_by(usage.c.month, usage.c.project, chat_project.c.name)
    .order_by(usage.c.month.desc(), usage.c.project)
)
CALLS = (
    select(usage)
    .where(and_(usage.c.month == bindparam("month"), usage.c.state != RESERVED))
    .order_by(usage.c.number.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True)
class Balance:
    """Amounts that were spent and that are reserved, in all or for a project."""

    spent: int = 0
    reserved: int = 0

    def __add__(self, other: "Balance") -> "Balance":
        return Balance(self.spent + other.spent, self.reserved + other.reserved)


def read_balances(connection: Connection, month: str) -> dict[str, Balance]:
    """Read the balance of each project in a month."""
    return {row.project: Balance(row.spent, row.reserved) for row in connection.execute(SPENT, {"month": month})}


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add a row; return its number."""
    row = connection.execute(ADD, {"state": RESERVED, **values})
    return int(row.inserted_primary_key[0]) if row.inserted_primary_key else 0


def settle(connection: Connection, number: int, tokens: Mapping[str, int], cost: int | None, model: str = "") -> None:
    """Put the usage of a response in the place of what was reserved."""
    connection.execute(
        SETTLE.values(state=SETTLED, cost=cost, **tokens, **({"model": model} if model else {})), {"which": number}
    )


def release(connection: Connection, number: int) -> None:
    """Forget a row whose request was not carried out."""
    connection.execute(RELEASE, {"which": number})


def doubt(connection: Connection, number: int) -> None:
    """Count a row as what it costs at most, as its usage is not known."""
    connection.execute(DOUBT, {"which": number})


def doubt_all(connection: Connection) -> int:
    """Count everything that was reserved when the program ended; return how many rows that are."""
    return connection.execute(DOUBT_ALL).rowcount


def find_uncertain(connection: Connection, project: str, client: str) -> int | None:
    """Find the oldest uncertain row of a project and a client."""
    row = connection.execute(OF_EARLIER_RUN, {"of": project, "by": client}).first()
    return row.number if row else None


def list_projects(connection: Connection) -> list[str]:
    """List the ids of the projects that something was spent for, also of those that are not there any more."""
    return list(connection.execute(PROJECTS).scalars())


def read_months(connection: Connection) -> list[dict[str, Any]]:
    """Read the sums of each month and project, the newest month first."""
    return [dict(row) for row in connection.execute(MONTHS).mappings()]


def read_calls(connection: Connection, month: str, most: int) -> list[dict[str, Any]]:
    """Read the calls of a month, the newest first."""
    return [dict(row) for row in connection.execute(CALLS, {"month": month, "most": most}).mappings()]
