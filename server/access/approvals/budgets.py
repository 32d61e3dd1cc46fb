"""Budgets of what a client may send to other people without being asked about it: calls in a day, new recipients in an hour."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from server.access.approvals.approval import ApprovalSettings
from server.access.tables import outgoing, recipient

OF_CLIENT = outgoing.c.client_id == bindparam("of")
SENT = select(func.count()).where(OF_CLIENT, outgoing.c.at > bindparam("since"))
FORGET = delete(outgoing).where(OF_CLIENT, outgoing.c.at <= bindparam("since"))
KNOWN = select(recipient.c.address).where(
    recipient.c.client_id == bindparam("of"), recipient.c.address.in_(bindparam("addresses", expanding=True))
)
NEW_LATELY = select(func.count()).where(recipient.c.client_id == bindparam("of"), recipient.c.first_at > bindparam("since"))
ADD_OUTGOING, ADD_RECIPIENT = insert(outgoing), insert(recipient)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class BudgetExceeded(Exception):
    """A call would exceed a budget; the message says which, for the person."""


def require_budget(
    connection: Connection, client_id: str, recipients: Collection[str], now: datetime, settings: ApprovalSettings
) -> None:
    """Raises BudgetExceeded if one more call to these recipients has to be approved."""
    sent = connection.execute(SENT, {"of": client_id, "since": (now - DAY).isoformat()}).scalar_one()
    if sent >= settings.daily_mails:
        raise BudgetExceeded(f"It has sent {sent} emails within a day, so you are asked.")
    if new := find_new(connection, client_id, recipients):
        lately = connection.execute(NEW_LATELY, {"of": client_id, "since": (now - HOUR).isoformat()}).scalar_one()
        if lately + len(new) > settings.hourly_new_recipients:
            raise BudgetExceeded("It writes to many people for the first time, so you are asked.")


def record(connection: Connection, client_id: str, recipients: Collection[str], now: datetime) -> None:
    """Record a call that begins."""
    connection.execute(FORGET, {"of": client_id, "since": (now - DAY).isoformat()})
    connection.execute(ADD_OUTGOING, {"client_id": client_id, "at": now.isoformat()})
    new = find_new(connection, client_id, recipients)
    rows = [{"client_id": client_id, "address": address, "first_at": now.isoformat()} for address in sorted(new)]
    if rows:
        connection.execute(ADD_RECIPIENT, rows)


def find_new(connection: Connection, client_id: str, recipients: Collection[str]) -> set[str]:
    """Find the addresses to which a client has not written before."""
    addresses = {address.lower() for address in recipients}
    return addresses - set(connection.execute(KNOWN, {"of": client_id, "addresses": list(addresses)}).scalars())
