"""Revoking the access in a database that comes from elsewhere."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Executable, TableClause

NOW = ":now"  # a value that stands for the time of the restore
LONGEST_WAIT = 5_000  # milliseconds


@dataclass(frozen=True)
class Revocation:
    """A table whose rows grant access, or would replay what was allowed once.

    The rows that match `where` (column and value; None is NULL) get `values`. They are deleted if there are no values.
    `is_pending`: they may have been carried out since, and are not again, also if the access in a backup stays.
    `checks`: by column, of the values in all rows. One that cannot be read would hide the others or stop the work.
    """

    table: str
    where: Mapping[str, str | None] = field(default_factory=dict)
    values: Mapping[str, str | None] = field(default_factory=dict)
    is_pending: bool = False
    checks: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)


REVOCATIONS = (
    Revocation("api_key", {"revoked_at": None}, {"revoked_at": NOW}),
    Revocation("client", {"revoked_at": None}, {"revoked_at": NOW}),
    Revocation("idempotency"),
    Revocation("allowance", {"ended_at": None}, {"ended_at": NOW}),
    Revocation("oauth_client", {"revoked_at": None}, {"revoked_at": NOW}),
    Revocation("oauth_grant", {"ended_at": None}, {"ended_at": NOW}),
    Revocation("oauth_code"),
    Revocation("oauth_token"),
)
PENDING = (  # may have been executed since, and must not be again without the person
    Revocation("approval"),
    Revocation("webhook_delivery", {"state": "waiting"}, {"state": "dead", "ended_at": NOW}),
    Revocation("webhook_endpoint", {"state": "enabled"}, {"state": "unconfirmed"}),
)


def revoke_access(path: Path, moment: datetime, more: Iterable[Revocation] = (), *, with_access: bool = False) -> None:
    """Revoke everything in a database that grants access, or `with_access` only what is pending.

    `more`: the integrations' revocations. Tables that an older database does not have are skipped. Raises ValueError if
    something is not revoked, as in a table with a conflict clause, and for a value that fails its check.
    """
    from sqlalchemy import inspect

    from server.storage.sqlite import connect, writing_engine

    engine = writing_engine(path, LONGEST_WAIT)
    try:
        with connect(engine) as connection, connection.begin():
            tables = set(inspect(connection).get_table_names())
            theirs = [revocation for revocation in more if revocation.is_pending or not with_access]
            every = [*PENDING, *(() if with_access else REVOCATIONS), *theirs]
            revocations = [revocation for revocation in every if revocation.table in tables]
            for revocation in revocations:
                connection.execute(to_statement(revocation, moment.isoformat()))
            for revocation in revocations:  # after all of them: one may undo another by a foreign key's action
                if connection.execute(to_query(revocation, moment.isoformat())).first():
                    raise ValueError(revocation.table)
                require_values(connection, revocation)
    finally:
        engine.dispose()


def require_values(connection: "Connection", revocation: Revocation) -> None:
    """Raises ValueError for a value that fails its check, or what that raises."""
    from sqlalchemy import column, select, table

    if not revocation.checks:
        return
    rows = table(revocation.table, *map(column, revocation.checks))
    for row in connection.execute(select(rows)):
        if not all(value is None or fits(value) for value, fits in zip(row, revocation.checks.values(), strict=True)):
            raise ValueError(revocation.table)


def to_statement(revocation: Revocation, now: str) -> "Executable":
    """Write a revocation in SQL."""
    from sqlalchemy import delete, update

    rows, matches = select_rows(revocation)
    values = {name: now if value == NOW else value for name, value in revocation.values.items()}
    return (update(rows).values(values) if values else delete(rows)).where(*matches)


def to_query(revocation: Revocation, now: str) -> "Executable":
    """Write the query for a row that is not revoked."""
    from sqlalchemy import literal, or_, select

    rows, matches = select_rows(revocation)
    others = [rows.c[name].is_distinct_from(now if value == NOW else value) for name, value in revocation.values.items()]
    return select(literal(1)).select_from(rows).where(*matches, *([or_(*others)] if others else [])).limit(1)


def select_rows(revocation: Revocation) -> "tuple[TableClause, list[ColumnElement[bool]]]":
    """Describe the rows of a revocation: their table and the conditions."""
    from sqlalchemy import column, table

    rows = table(revocation.table, *map(column, {*revocation.where, *revocation.values}))
    return rows, [rows.c[name].is_not_distinct_from(value) for name, value in revocation.where.items()]
