"""Persistence of the tunnel: its addresses, and the number of requests a month."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from server.storage.database import Database
from server.tunnel.tables import public_address, tunnel_month

MAX_LOST = 100

NEWEST = select(public_address.c.address).order_by(public_address.c.opened_at.desc()).limit(1)
LOSE_OTHERS = (
    update(public_address)
    .where(public_address.c.address != bindparam("current"), public_address.c.lost_at.is_(None))
    .values(lost_at=bindparam("now"))
)
OPEN_AGAIN = (
    update(public_address)
    .where(public_address.c.address == bindparam("now_open"))
    .values(opened_at=bindparam("opened"), reserved=bindparam("fixed"), lost_at=None)
)
LOST = (
    select(public_address.c.address, public_address.c.opened_at, public_address.c.lost_at, public_address.c.reserved)
    .where(public_address.c.lost_at.is_not(None))
    .order_by(public_address.c.lost_at.desc())
    .limit(MAX_LOST)
)
MONTH = select(tunnel_month.c.requests).where(tunnel_month.c.month == bindparam("now"))
SET_MONTH = update(tunnel_month).where(tunnel_month.c.month == bindparam("now")).values(requests=bindparam("count"))


@dataclass(frozen=True)
class LostAddress:
    """Former public address. `reserved`: ngrok gives it to no other account."""

    address: str
    opened_at: str
    lost_at: str
    reserved: bool


@dataclass(frozen=True)
class TunnelStore:
    """Reads and writes both."""

    database: Database

    async def remember(self, address: str, *, reserved: bool, at: datetime) -> str | None:
        """Record an address as the current one and the others as lost; return the previous one."""
        return await self.database.write(remember, address, reserved, at.isoformat())

    async def list_lost(self) -> list[LostAddress]:
        """List lost addresses, the latest first."""
        return await self.database.read(list_lost)

    async def load_month(self, month: str) -> int:
        """Read the number of requests in a month such as 2026-01."""
        return await self.database.read(lambda connection: int(connection.scalar(MONTH, {"now": month}) or 0))

    async def save_month(self, month: str, requests: int) -> None:
        """Store the number of requests."""
        await self.database.write(save_month, month, requests)


def remember(connection: Connection, address: str, reserved: bool, now: str) -> str | None:
    last: str | None = connection.scalar(NEWEST)
    connection.execute(LOSE_OTHERS, {"current": address, "now": now})
    if not connection.execute(OPEN_AGAIN, {"now_open": address, "opened": now, "fixed": reserved}).rowcount:
        connection.execute(insert(public_address), {"address": address, "reserved": reserved, "opened_at": now})
    return last


def list_lost(connection: Connection) -> list[LostAddress]:
    return [LostAddress(*row) for row in connection.execute(LOST)]


def save_month(connection: Connection, month: str, requests: int) -> None:
    if not connection.execute(SET_MONTH, {"now": month, "count": requests}).rowcount:
        connection.execute(insert(tunnel_month), {"month": month, "requests": requests})
