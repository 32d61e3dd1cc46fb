"""The activity: one row for every call, written before its answer goes out."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Executable, bindparam, delete, insert, select, update

from server.access.activity.entry import Entry, Outcome
from server.access.activity.search import Count, Found, Search, count_since, look_back, read_entry
from server.access.tables import activity, idempotency
from server.core.clock import Clock
from server.core.errors import NotFound
from server.core.events import Events
from server.storage.database import Database

LONGEST_RESULT = 4_000
CHUNK = 500  # rows that are forgotten at once
IDEMPOTENCY = timedelta(hours=24)  # for which an Idempotency-Key answers what its first call has
RETENTION = "retention"  # the section of the settings
Require = Callable[[Connection], None]


@dataclass(frozen=True)
class Kept:
    """What is known of an Idempotency-Key. `status` and `body` are None while its first call runs or if it never ended."""

    hash: str
    activity_id: int
    status: int | None
    body: str | None
    outcome: Outcome


class Retention(BaseModel):
    """How long Deskhand remembers what was done. What is older than you say here is forgotten as soon as you save."""

    payload_days: int = Field(
        7,
        ge=1,
        le=3650,
        title="Contents of calls",
        description="The texts that were read or sent and the answers that were given. They are the private part.",
        json_schema_extra={"unit": "days"},
    )
    activity_days: int = Field(
        90,
        ge=1,
        le=3650,
        title="That a call was made",
        description="One line for each call: who, what and when.",
        json_schema_extra={"unit": "days"},
    )


class Activity:
    """Writes what happens and tells who listens."""

    def __init__(self, database: Database, events: Events, clock: Clock) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._running: dict[int, Entry] = {}
        self._watched = itertools.count(-1, -1)

    async def find_kept(self, client_id: str, key: str) -> Kept | None:
        """Find what an Idempotency-Key stands for."""
        return await self._database.read(find_kept, client_id, key)

    async def begin(self, entry: Entry, key: str | None, digest: str, require: Require | None = None) -> int | Kept:
        """Note that a changing call starts; after this it runs at most once.

        Answers the row's id, or what another call with the same key left. `require` looks in the same transaction whether
        it may start, and raises if not: all writing has one order.
        """
        begun = await self._database.write(begin_call, entry, key, digest, require)
        if isinstance(begun, int):
            self._running[begun] = replace(entry, id=begun)
            self._tell(entry, begun)
        return begun

    @contextmanager
    def storing(self, entry: Entry) -> Iterator[None]:
        """Tell of a call whose row is written meanwhile, by whoever keeps it."""
        try:
            yield
        finally:
            if entry.outcome is not Outcome.running:
                self._running.pop(entry.id, None)
        if entry.outcome is Outcome.running:
            self._running[entry.id] = entry
        self._tell(entry, entry.id)

    async def end(self, entry: Entry, key: str | None, body: str | None) -> None:
        """Note how a call that had begun ended, with the answer that its Idempotency-Key stands for.

        One that was refused at the last moment did nothing, so its key stands for nothing.
        """
        try:
            await self._database.write(end_call, entry, key, body)
        finally:
            self._running.pop(entry.id, None)
        self._tell(entry, entry.id)

    @contextmanager
    def watching(self, entry: Entry) -> Iterator[None]:
        """Show a reading call while it runs, under a number below zero: it gets its row when it has ended."""
        number = next(self._watched)
        self._running[number] = replace(entry, id=number)
        self._tell(entry, number)
        try:
            yield
        finally:
            del self._running[number]

    async def add(self, entry: Entry) -> int:
        """Note a call that needed no beginning: it reads, or it was refused."""
        added = await self._database.write(add_entry, entry)
        self._tell(entry, added)
        return added

    def running(self) -> list[Entry]:
        """What runs at this moment, newest first. It is told from memory: a row can be left behind, when the disk is full."""
        return sorted(self._running.values(), key=lambda entry: entry.at, reverse=True)

    async def list(self, limit: int = 50, before: int | None = None, search: Search | None = None) -> list[Entry]:
        """List the latest entries, newest first; `before` is the id from which to go on."""
        return (await self.search(search or Search(), limit, before)).entries

    async def search(self, search: Search, limit: int, before: int | None = None, seconds: float | None = None) -> Found:
        """Find the latest that fit; after some seconds with what has been found until then."""
        started, found = self._clock.monotonic(), list[Entry]()
        while True:
            seen = await self._database.read(look_back, search, limit - len(found), before)
            found, before = found + seen.entries, seen.earlier
            late = seconds is not None and self._clock.monotonic() - started >= seconds
            if before is None or late or len(found) >= limit:
                return Found(found, before)

    async def read(self, entry_id: int) -> Entry:
        """Read one call with its contents, one that runs too."""
        found = self._running.get(entry_id) or await self._database.read(read_entry, entry_id)
        if found is None:
            raise NotFound("This call is not in the activity any more.")
        return found

    async def count_today(self) -> Count:
        """Count the calls since midnight, as this computer's clock shows it."""
        today = self._clock.now().astimezone().date()
        return await self._database.read(count_since, datetime.combine(today, time.min).astimezone())

    async def settle(self) -> int:
        """At start: whatever still says `running` was cut short; nobody knows how far it came. Answers how many."""
        return await self._database.write(mark_uncertain)

    async def sweep(self, retention: Retention) -> None:
        """Forget what is older than it may be."""
        now = self._clock.now()
        await self._forget(FORGET_PAYLOADS, now - timedelta(days=retention.payload_days))
        await self._forget(FORGET_ROWS, now - timedelta(days=retention.activity_days))
        await self._database.write(forget, FORGET_KEYS, (now - IDEMPOTENCY).isoformat())

    async def _forget(self, statement: Executable, until: datetime) -> None:
        """Forget in small portions, so that no call waits long for its turn."""
        while await self._database.write(forget, statement, until.isoformat()) == CHUNK:
            pass

    def _tell(self, entry: Entry, entry_id: int) -> None:
        self._events.publish("activity", {"id": entry_id, "operation": entry.operation, "outcome": entry.outcome})


COLUMNS = [column for column in activity.c if column.name != "id"]
ADD = insert(activity)
END = (
    update(activity)
    .where(activity.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("outcome", "status", "duration_ms", "result", "decision", "reason")})
)
ADD_KEY = insert(idempotency)
END_KEY = (
    update(idempotency)
    .where(idempotency.c.client_id == bindparam("of_client"), idempotency.c.key == bindparam("of_key"))
    .values(status=bindparam("status"), body=bindparam("body"))
)
DROP_KEY = delete(idempotency).where(idempotency.c.client_id == bindparam("of_client"), idempotency.c.key == bindparam("of_key"))
FIND_KEY = (
    select(idempotency, activity.c.outcome)
    .join(activity, activity.c.id == idempotency.c.activity_id)
    .where(idempotency.c.client_id == bindparam("client_id"), idempotency.c.key == bindparam("key"))
)
UNCERTAIN = (
    update(activity)
    .where(activity.c.outcome == Outcome.running)
    .values(
        outcome=Outcome.uncertain,
        reason="Deskhand stopped while this ran. Look whether it happened before you repeat it.",
    )
)
OLD_PAYLOADS = (
    select(activity.c.id)
    .where(
        activity.c.at < bindparam("until"),
        activity.c.arguments.is_not(None) | activity.c.effect.is_not(None) | activity.c.result.is_not(None),
    )
    .limit(CHUNK)
)
OLD_ROWS = select(activity.c.id).where(activity.c.at < bindparam("until")).limit(CHUNK)
FORGET_PAYLOADS = update(activity).where(activity.c.id.in_(OLD_PAYLOADS)).values(arguments=None, effect=None, result=None)
FORGET_ROWS = delete(activity).where(activity.c.id.in_(OLD_ROWS))
FORGET_KEYS = delete(idempotency).where(idempotency.c.at < bindparam("until"))


def to_row(entry: Entry) -> dict[str, Any]:
    return {column.name: getattr(entry, column.name) for column in COLUMNS}


def find_kept(connection: Connection, client_id: str, key: str) -> Kept | None:
    row = connection.execute(FIND_KEY, {"client_id": client_id, "key": key}).mappings().first()
    if row is None:
        return None
    return Kept(row["hash"], row["activity_id"], row["status"], row["body"], Outcome(row["outcome"]))


def add_entry(connection: Connection, entry: Entry) -> int:
    added = connection.execute(ADD, to_row(entry)).inserted_primary_key
    return int(added[0]) if added else 0


def begin_call(connection: Connection, entry: Entry, key: str | None, digest: str, require: Require | None) -> int | Kept:
    if require:
        require(connection)
    if key is not None and (kept := find_kept(connection, entry.client_id or "", key)):
        return kept
    added = add_entry(connection, entry)
    if key is not None:
        row = {"client_id": entry.client_id, "key": key, "hash": digest, "activity_id": added, "at": entry.at}
        connection.execute(ADD_KEY, row)
    return added


def end_call(connection: Connection, entry: Entry, key: str | None, body: str | None) -> None:
    connection.execute(
        END,
        {
            "of": entry.id,
            "outcome": entry.outcome,
            "status": entry.status,
            "duration_ms": entry.duration_ms,
            "result": entry.result,
            "decision": entry.decision,
            "reason": entry.reason,
        },
    )
    if key is not None and entry.outcome is Outcome.refused:
        connection.execute(DROP_KEY, {"of_client": entry.client_id, "of_key": key})
    elif key is not None:
        keep_answer(connection, entry.client_id or "", key, entry.status, body)


def keep_answer(connection: Connection, client_id: str, key: str, status: int | None, body: str | None) -> None:
    """Let an Idempotency-Key stand for an answer."""
    connection.execute(END_KEY, {"of_client": client_id, "of_key": key, "status": status, "body": body})


def mark_uncertain(connection: Connection) -> int:
    return connection.execute(UNCERTAIN).rowcount


def forget(connection: Connection, statement: Executable, until: str) -> int:
    return connection.execute(statement, {"until": until}).rowcount
