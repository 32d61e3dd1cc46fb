"""Last use of each client by public address, and the last fetch of its document.

It is recorded in memory, and stored at most once a minute for each client and address.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from server.access.tables import activity, client_use, oauth_grant
from server.core.clock import Clock, has_passed
from server.core.errors import DeskhandError
from server.http.addresses import Address, spell_hosts
from server.storage.database import Database

log = logging.getLogger(__name__)

LOCAL = ""  # the address of callers on this computer
WRITE_EVERY = timedelta(minutes=1)
PUBLISH_EVERY = timedelta(seconds=5)  # anybody may fetch documents


@dataclass
class Use:
    """Last call of a client by public address, and its number of calls today."""

    last: dict[str, str] = field(default_factory=dict)
    calls_today: int = 0

    @property
    def last_at(self) -> str | None:
        """Last call through any address."""
        return max(self.last.values(), default=None)

    @property
    def last_by_address(self) -> dict[str, str]:
        """Last call through each public address."""
        return {address: at for address, at in self.last.items() if address != LOCAL}


class Usage:
    """Records the use of clients. `every`: minimum time between two writes; more recent calls are in memory only."""

    def __init__(self, database: Database, address: Address, clock: Clock, every: timedelta = WRITE_EVERY) -> None:
        self._database = database
        self._address = address
        self._clock = clock
        self._every = every
        self._last: dict[tuple[str, str, str], datetime] = {}
        self._written: dict[tuple[str, str, str], datetime] = {}
        self._fetched: dict[tuple[str, str], datetime] = {}

    async def record(self, client_id: str, host: str, grant: str = "") -> None:
        """Record a call of a client, with this Host header and this grant. Never fails."""
        at = self._clock.now()
        use = (client_id, self._find_address(host), grant)
        self._last[use] = at
        written = self._written.get(use)
        if written and not has_passed(self._every, written, at):
            return
        self._written[use] = at
        try:
            await self._database.write(write_use, *use, at.isoformat())
        except DeskhandError:
            log.warning("It could not be stored when a client was last used.")

    async def read(self) -> dict[str, Use]:
        """Read the use of every client that ever called, by client id."""
        midnight = self._clock.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        uses = await self._database.read(read_uses, midnight.astimezone(self._clock.now().tzinfo).isoformat())
        for (client_id, address, _), at in self._last.items():
            last = uses.setdefault(client_id, Use()).last
            last[address] = max(last.get(address, ""), at.isoformat())
        return uses

    def record_document(self, client_name: str, host: str) -> bool:
        """Record a fetch of a client's document, with this Host header. Answers whether it is to be published."""
        at, place = self._clock.now(), (client_name, self._find_address(host))
        before = self._fetched.get(place)
        if before and not has_passed(PUBLISH_EVERY, before, at):
            return False
        self._fetched[place] = at
        return True

    def find_document(self, client_name: str) -> datetime | None:
        """Last fetch of a client's document through the current public address, since the start."""
        return self._fetched.get((client_name, self._address.public_url or LOCAL))

    def _find_address(self, host: str) -> str:
        """Public address of a Host header that the middleware has accepted."""
        public = self._address.public_url
        return public if public and host.lower() in spell_hosts(public) else LOCAL


ADD_USE = insert(client_use)
MOVE_USE = (
    update(client_use)
    .where(client_use.c.client_id == bindparam("of"), client_use.c.address == bindparam("through"))
    .values(at=bindparam("at"))
)
MOVE_GRANT = update(oauth_grant).where(oauth_grant.c.id == bindparam("of")).values(last_used_at=bindparam("at"))
ALL_USES = select(client_use)
CALLS_SINCE = (
    select(activity.c.client_id, func.count().label("calls"))
    .where(activity.c.at >= bindparam("since"), activity.c.client_id.is_not(None))
    .group_by(activity.c.client_id)
)


def write_use(connection: Connection, client_id: str, address: str, grant: str, at: str) -> None:
    if grant:
        connection.execute(MOVE_GRANT, {"of": grant, "at": at})
    if not connection.execute(MOVE_USE, {"of": client_id, "through": address, "at": at}).rowcount:
        connection.execute(ADD_USE, {"client_id": client_id, "address": address, "at": at})


def read_uses(connection: Connection, since: str) -> dict[str, Use]:
    uses: dict[str, Use] = {}
    for row in connection.execute(ALL_USES):
        uses.setdefault(row.client_id, Use()).last[row.address] = row.at
    for row in connection.execute(CALLS_SINCE, {"since": since}):
        uses.setdefault(row.client_id, Use()).calls_today = row.calls
    return uses
