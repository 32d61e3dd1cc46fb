"""Permissions that the person gave with an approval: for a while, or for some recipients."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from server.access.tables import allowance
from server.core.clock import Clock
from server.core.errors import Forbidden, NotFound
from server.sdk.approval_requests import ApprovalDuration
from server.storage.database import Database

ENDED = "The person at this computer has just ended what allowed this. Send it again and they are asked."


@dataclass(frozen=True)
class Allowance:
    """A permission. `recipients`: those it is limited to. `until`: ISO 8601 in UTC, None if it holds until it is ended."""

    id: str
    client_id: str
    operation: str
    extent: ApprovalDuration
    recipients: tuple[str, ...]
    created_at: str
    until: str | None

    def covers(self, recipients: Iterable[str]) -> bool:
        """Return whether it holds for a call that reaches these recipients."""
        if self.extent is not ApprovalDuration.recipients:
            return True
        reached = normalize(recipients)
        return bool(reached) and reached <= normalize(self.recipients)


def normalize(recipients: Iterable[str]) -> set[str]:
    """Addresses for comparison. Not casefolded: straße.example and strasse.example are two domains."""
    return {address.strip().lower() for address in recipients}


def make_allowance(
    question: str,
    client_id: str,
    operation: str,
    extent: ApprovalDuration,
    recipients: tuple[str, ...],
    clock: Clock,
    minutes: float,
) -> Allowance | None:
    """Make the allowance of a yes of this extent, with the question's id; None if this extent makes none."""
    now = clock.now()
    if extent not in {ApprovalDuration.temporary, ApprovalDuration.recipients}:
        return None
    until = (now + timedelta(minutes=minutes)).isoformat() if extent is ApprovalDuration.temporary else None
    named = recipients if extent is ApprovalDuration.recipients else ()
    return Allowance(question, client_id, operation, extent, named, now.isoformat(), until)


class Allowances:
    """Service for allowances."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, client_id: str, operation: str, recipients: Iterable[str]) -> Allowance | None:
        """Find an allowance that holds for a call now."""
        held = await self.list(client_id)
        return next((item for item in held if item.operation == operation and item.covers(recipients)), None)

    async def list(self, client_id: str) -> list[Allowance]:
        """List the allowances of a client that hold now, oldest first."""
        return await self._database.read(read_allowances, client_id, self._clock.now().isoformat())

    async def end(self, client_id: str, allowance_id: str) -> None:
        """End an allowance. Raises NotFound."""
        if not await self._database.write(end_allowance, client_id, allowance_id, self._clock.now().isoformat()):
            raise NotFound("This does not hold any more.")

    def require(self, connection: Connection, allowance: Allowance) -> None:
        """Raises Forbidden if an allowance does not hold any more, in the transaction that begins a call."""
        held = read_allowances(connection, allowance.client_id, self._clock.now().isoformat())
        if all(allowance.id != other.id for other in held):
            raise Forbidden(ENDED)


ADD = insert(allowance)
HOLDING = (
    select(*(column for column in allowance.c if column.name != "ended_at"))
    .where(
        allowance.c.client_id == bindparam("client_id"),
        allowance.c.ended_at.is_(None),
        or_(
            allowance.c.until.is_(None),
            (allowance.c.until > bindparam("now")) & (allowance.c.created_at <= bindparam("now")),  # the clock may be set back
        ),
    )
    .order_by(allowance.c.created_at)
)
END = (
    update(allowance)
    .where(allowance.c.id == bindparam("of"), allowance.c.client_id == bindparam("of_client"), allowance.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
)
TAKE_BACK = delete(allowance).where(allowance.c.id == bindparam("of"))
END_MANY = update(allowance).where(allowance.c.ended_at.is_(None)).values(ended_at=bindparam("now"))


def add_allowance(connection: Connection, added: Allowance) -> None:
    """Store an allowance."""
    connection.execute(ADD, {**added.__dict__, "recipients": json.dumps(added.recipients)})


def read_allowances(connection: Connection, client_id: str, now: str) -> list[Allowance]:
    """Read the allowances of a client that hold."""
    return [to_allowance(row) for row in connection.execute(HOLDING, {"client_id": client_id, "now": now}).mappings()]


def to_allowance(row: Any) -> Allowance:
    """Make an allowance of a row."""
    return Allowance(**{**row, "extent": ApprovalDuration(row["extent"]), "recipients": tuple(json.loads(row["recipients"]))})


def end_allowance(connection: Connection, client_id: str, allowance_id: str, now: str) -> bool:
    """End an allowance. Answers False if it had ended."""
    return connection.execute(END, {"of": allowance_id, "of_client": client_id, "now": now}).rowcount == 1


def take_back(connection: Connection, question: str) -> None:
    """Delete the allowance of a yes that is taken back. It may be given again."""
    connection.execute(TAKE_BACK, {"of": question})


def end_allowances(
    connection: Connection,
    now: str,
    client_ids: Collection[str] | None = None,
    operations: Collection[str] | None = None,
    prefix: str = "",
) -> None:
    """End the allowances of some clients, or of all if None; of some operations, or of all if None, whose names begin so."""
    ending = END_MANY.where(allowance.c.operation.startswith(prefix, autoescape=True)) if prefix else END_MANY
    if client_ids is not None:
        ending = ending.where(allowance.c.client_id.in_(client_ids))
    if operations is not None:
        ending = ending.where(allowance.c.operation.in_(operations))
    connection.execute(ending, {"now": now})
