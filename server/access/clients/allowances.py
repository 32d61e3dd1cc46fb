"""What the person allowed for more than one call: for a while, or to some recipients."""

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
    """`recipients`: of ApprovalDuration.recipients. `until`: ISO 8601 in UTC, None where it holds until it is ended."""

    id: str
    client_id: str
    operation: str
    extent: ApprovalDuration
    recipients: tuple[str, ...]
    created_at: str
    until: str | None

    def covers(self, recipients: Iterable[str]) -> bool:
        """Whether it holds for a call that reaches these."""
        if self.extent is not ApprovalDuration.recipients:
            return True
        reached = compare(recipients)
        return bool(reached) and reached <= compare(self.recipients)


def compare(recipients: Iterable[str]) -> set[str]:
    """Addresses as they are compared. Not casefolded: straße.example and strasse.example are two domains."""
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
    """Make what a yes of this extent leaves behind, under the question's number; None where it leaves nothing here."""
    now = clock.now()
    if extent not in {ApprovalDuration.quarter, ApprovalDuration.recipients}:
        return None
    until = (now + timedelta(minutes=minutes)).isoformat() if extent is ApprovalDuration.quarter else None
    named = recipients if extent is ApprovalDuration.recipients else ()
    return Allowance(question, client_id, operation, extent, named, now.isoformat(), until)


class Allowances:
    """Keeps them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, client_id: str, operation: str, recipients: Iterable[str]) -> Allowance | None:
        """Find one that holds for a call now."""
        return next((one for one in await self.list(client_id) if one.operation == operation and one.covers(recipients)), None)

    async def list(self, client_id: str) -> list[Allowance]:
        """List a client's that hold now, oldest first."""
        return await self._database.read(read_allowances, client_id, self._clock.now().isoformat())

    async def end(self, client_id: str, allowance_id: str) -> None:
        """End one. Raises NotFound."""
        if not await self._database.write(end_allowance, client_id, allowance_id, self._clock.now().isoformat()):
            raise NotFound("This does not hold any more.")

    def require(self, connection: Connection, one: Allowance) -> None:
        """Raises Forbidden if one holds no more at this point in the order of all writing."""
        if all(one.id != other.id for other in read_allowances(connection, one.client_id, self._clock.now().isoformat())):
            raise Forbidden(ENDED)


ADD = insert(allowance)
HOLDING = (
    select(*(column for column in allowance.c if column.name != "ended_at"))
    .where(
        allowance.c.client_id == bindparam("client_id"),
        allowance.c.ended_at.is_(None),
        or_(allowance.c.until.is_(None), allowance.c.until > bindparam("now")),
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


def add_allowance(connection: Connection, one: Allowance) -> None:
    """Keep one."""
    connection.execute(ADD, {**one.__dict__, "recipients": json.dumps(one.recipients)})


def read_allowances(connection: Connection, client_id: str, now: str) -> list[Allowance]:
    """Read a client's that hold."""
    return [to_allowance(row) for row in connection.execute(HOLDING, {"client_id": client_id, "now": now}).mappings()]


def to_allowance(row: Any) -> Allowance:
    """Make one of a row."""
    return Allowance(**{**row, "extent": ApprovalDuration(row["extent"]), "recipients": tuple(json.loads(row["recipients"]))})


def end_allowance(connection: Connection, client_id: str, allowance_id: str, now: str) -> bool:
    """End one; False if it had ended."""
    return connection.execute(END, {"of": allowance_id, "of_client": client_id, "now": now}).rowcount == 1


def take_back(connection: Connection, question: str) -> None:
    """Take out what a yes to this question left behind, for the yes is taken back. It may be given again."""
    connection.execute(TAKE_BACK, {"of": question})


def end_allowances(
    connection: Connection, now: str, client_ids: Collection[str] | None = None, operations: Collection[str] | None = None
) -> None:
    """End those of some clients, or of all if none are named; of some operations, or of all."""
    ending = END_MANY
    if client_ids is not None:
        ending = ending.where(allowance.c.client_id.in_(client_ids))
    if operations is not None:
        ending = ending.where(allowance.c.operation.in_(operations))
    connection.execute(ending, {"now": now})
