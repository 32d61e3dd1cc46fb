"""When each client was last used, and through which public address; and when its document was fetched there.

It costs a call next to nothing: it is noted in memory, and stored at most once a minute for each client and address.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from server.access.oauth.tables import oauth_grant
from server.access.tables import activity, client_use
from server.core.clock import Clock
from server.core.errors import DeskhandError
from server.http.addresses import Address, spell_hosts
from server.storage.database import Database

log = logging.getLogger(__name__)

HERE = ""  # the address of who calls on this computer
WRITE_EVERY = timedelta(minutes=1)
TELL_EVERY = timedelta(seconds=5)  # strangers may fetch documents as well


@dataclass
class Use:
    """When a client last called, by public address; and how often today."""

    last: dict[str, str] = field(default_factory=dict)
    calls_today: int = 0

    @property
    def last_at(self) -> str | None:
        """When it last called, whichever way."""
        return max(self.last.values(), default=None)

    @property
    def last_by_address(self) -> dict[str, str]:
        """When it last called through each public address."""
        return {address: at for address, at in self.last.items() if address != HERE}


class Usage:
    """Notes who calls. `every`: what is younger than that is known to memory only."""

    def __init__(self, database: Database, address: Address, clock: Clock, every: timedelta = WRITE_EVERY) -> None:
        self._database = database
        self._address = address
        self._clock = clock
        self._every = every
        self._last: dict[tuple[str, str, str], datetime] = {}
        self._written: dict[tuple[str, str, str], datetime] = {}
        self._fetched: dict[tuple[str, str], datetime] = {}

    async def note(self, client_id: str, host: str, grant: str = "") -> None:
        """Note that a client calls, with this Host header and this grant. Never fails: a call is worth more."""
        at = self._clock.now()
        use = (client_id, self._find_address(host), grant)
        self._last[use] = at
        written = self._written.get(use)
        if written and at - written < self._every:
            return
        self._written[use] = at
        try:
            await self._database.write(write_use, *use, at.isoformat())
        except DeskhandError:
            log.warning("It could not be stored when a client was last used.")

    async def read(self) -> dict[str, Use]:
        """Read the use of every client that ever called, by its id."""
        midnight = self._clock.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        found = await self._database.read(read_uses, midnight.astimezone(self._clock.now().tzinfo).isoformat())
        for (client_id, address, _), at in self._last.items():
            last = found.setdefault(client_id, Use()).last
            last[address] = max(last.get(address, ""), at.isoformat())
        return found

    def note_document(self, client_name: str, host: str) -> bool:
        """Note that a client's document is fetched, with this Host header. Says whether that is news."""
        at, place = self._clock.now(), (client_name, self._find_address(host))
        before = self._fetched.get(place)
        if before and at - before < TELL_EVERY:
            return False
        self._fetched[place] = at
        return True

    def find_document(self, client_name: str) -> datetime | None:
        """When a client's document was last fetched through the public address of now, since the start."""
        return self._fetched.get((client_name, self._address.public_url or HERE))

    def _find_address(self, host: str) -> str:
        """The public address behind a Host header, which the door has found to be one of ours."""
        public = self._address.public_url
        return public if public and host.lower() in spell_hosts(public) else HERE


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
    found: dict[str, Use] = {}
    for row in connection.execute(ALL_USES):
        found.setdefault(row.client_id, Use()).last[row.address] = row.at
    for row in connection.execute(CALLS_SINCE, {"since": since}):
        found.setdefault(row.client_id, Use()).calls_today = row.calls
    return found
