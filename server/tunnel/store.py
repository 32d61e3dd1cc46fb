"""What of the tunnel outlives a restart: the addresses it had, and how many requests came in a month."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from server.storage.database import Database
from server.tunnel.tables import public_address, tunnel_month

MOST_LOST = 100

NEWEST = select(public_address.c.address).order_by(public_address.c.opened_at.desc()).limit(1)
LOSE_OTHERS = (
    update(public_address)
    .where(public_address.c.address != bindparam("kept"), public_address.c.lost_at.is_(None))
    .values(lost_at=bindparam("now"))
)
OPEN_AGAIN = (
    update(public_address)
    .where(public_address.c.address == bindparam("known"))
    .values(opened_at=bindparam("opened"), reserved=bindparam("fixed"), lost_at=None)
)
LOST = (
    select(public_address.c.address, public_address.c.opened_at, public_address.c.lost_at, public_address.c.reserved)
    .where(public_address.c.lost_at.is_not(None))
    .order_by(public_address.c.lost_at.desc())
    .limit(MOST_LOST)
)
MONTH = select(tunnel_month.c.requests).where(tunnel_month.c.month == bindparam("now"))
SET_MONTH = update(tunnel_month).where(tunnel_month.c.month == bindparam("now")).values(requests=bindparam("count"))


@dataclass(frozen=True)
class LostAddress:
    """An address at which Deskhand was reached and is no more. `reserved`: nobody else can get it."""

    address: str
    opened_at: str
    lost_at: str
    reserved: bool


@dataclass(frozen=True)
class TunnelStore:
    """Reads and writes it."""

    database: Database

    async def remember(self, address: str, *, reserved: bool, at: datetime) -> str | None:
        """Say that the tunnel is open at an address, so that others are lost; answer the last one before."""
        return await self.database.write(remember, address, reserved, at.isoformat())

    async def list_lost(self) -> list[LostAddress]:
        """List the addresses that are lost, the latest first."""
        return await self.database.read(list_lost)

    async def load_month(self, month: str) -> int:
        """Read how many requests came in a month, such as 2026-01."""
        return await self.database.read(lambda connection: int(connection.scalar(MONTH, {"now": month}) or 0))

    async def save_month(self, month: str, requests: int) -> None:
        """Store how many came."""
        await self.database.write(save_month, month, requests)


def remember(connection: Connection, address: str, reserved: bool, now: str) -> str | None:
    last: str | None = connection.scalar(NEWEST)
    connection.execute(LOSE_OTHERS, {"kept": address, "now": now})
    if not connection.execute(OPEN_AGAIN, {"known": address, "opened": now, "fixed": reserved}).rowcount:
        connection.execute(insert(public_address), {"address": address, "reserved": reserved, "opened_at": now})
    return last


def list_lost(connection: Connection) -> list[LostAddress]:
    return [LostAddress(*row) for row in connection.execute(LOST)]


def save_month(connection: Connection, month: str, requests: int) -> None:
    if not connection.execute(SET_MONTH, {"now": month, "count": requests}).rowcount:
        connection.execute(insert(tunnel_month), {"month": month, "requests": requests})
