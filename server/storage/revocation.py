"""Revoking the access in a database that comes from elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Executable

NOW = ":now"  # a value that stands for the time of the restore
LONGEST_WAIT = 5_000  # milliseconds


@dataclass(frozen=True)
class Revocation:
    """A table whose rows grant access, or would replay what was allowed once.

    The rows that match `where` (column and value; None is NULL) get `values`. They are deleted if there are no values.
    """

    table: str
    where: Mapping[str, str | None] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


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
PENDING = (Revocation("approval"),)  # may have been executed since, and must not be again


def revoke_access(path: Path, moment: datetime, more: Iterable[Revocation] = (), *, with_access: bool = False) -> None:
    """Revoke everything in a database that grants access, or `with_access` only what is pending.

    `more`: the integrations' revocations. Tables that an older database does not have are skipped.
    """
    from sqlalchemy import inspect

    from server.storage.sqlite import connect, writing_engine

    engine = writing_engine(path, LONGEST_WAIT)
    try:
        with connect(engine) as connection, connection.begin():
            tables = set(inspect(connection).get_table_names())
            for revocation in PENDING if with_access else (*PENDING, *REVOCATIONS, *more):
                if revocation.table in tables:
                    connection.execute(to_statement(revocation, moment.isoformat()))
    finally:
        engine.dispose()


def to_statement(revocation: Revocation, now: str) -> "Executable":
    """Write a revocation in SQL."""
    from sqlalchemy import column, delete, table, update

    rows = table(revocation.table, *map(column, {*revocation.where, *revocation.values}))
    matches = [rows.c[name].is_not_distinct_from(value) for name, value in revocation.where.items()]
    values = {name: now if value == NOW else value for name, value in revocation.values.items()}
    return (update(rows).values(values) if values else delete(rows)).where(*matches)
