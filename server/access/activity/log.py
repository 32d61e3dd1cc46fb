"""The activity: one row for every call, committed before its answer goes out."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Executable, bindparam, delete, insert, select, update

from server.access.activity.entry import Entry, Outcome
from server.access.activity.search import Count, Page, Search, count_since, read_entry, read_page
from server.access.tables import activity, idempotency
from server.core.clock import Clock
from server.core.errors import DeskhandError, NotFound
from server.core.events import Events
from server.core.sentences import to_text
from server.storage.database import Database

LONGEST_RESULT = 4_000
CHUNK = 500  # rows that are deleted in one transaction
IDEMPOTENCY = timedelta(hours=24)  # for which an Idempotency-Key is honoured
RETENTION = "retention"  # the section of the settings
Answer = tuple[int | None, str | None]  # status and body
Require = Callable[[Connection], None]


@dataclass(frozen=True)
class IdempotencyRecord:
    """The first call with an Idempotency-Key. `status` and `body` are None while it runs, or if it never ended."""

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
        title="Keep request contents for",
        description="Texts that were read or sent, and responses. This is the private part.",
        json_schema_extra={"unit": "days"},
    )
    activity_days: int = Field(
        90,
        ge=1,
        le=3650,
        title="Keep log entries for",
        description="One line per request: who, what and when.",
        json_schema_extra={"unit": "days"},
    )


class Activity:
    """Records calls and publishes them."""

    def __init__(self, database: Database, events: Events, clock: Clock) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._running: dict[int, Entry] = {}
        self._reading: dict[int, tuple[str, Callable[[], Entry]]] = {}
        self._lost: set[int] = set()
        self._watched = itertools.count(-1, -1)

    async def find_idempotency_record(self, client_id: str, key: str) -> IdempotencyRecord | None:
        """Find the first call with an Idempotency-Key."""
        return await self._database.read(find_idempotency_record, client_id, key)

    async def begin(self, entry: Entry, key: str | None, digest: str, require: Require | None = None) -> int | IdempotencyRecord:
        """Commit that a changing call starts; after this it runs at most once.

        Answers the row's id, or the earlier call with the same key. `require` checks in the same transaction whether it may
        start, and raises if not.
        """
        begun = await self._database.write(begin_call, entry, key, digest, require)
        if isinstance(begun, int):
            self._running[begun] = replace(entry, id=begun)
            self._publish(entry, begun)
        return begun

    @contextmanager
    def storing(self, entry: Entry) -> Iterator[None]:
        """Publish a call whose row is written inside the `with`, together with its approval."""
        try:
            yield
        finally:
            if entry.outcome is not Outcome.running:
                self._running.pop(entry.id, None)
        if entry.outcome is Outcome.running:
            self._running[entry.id] = entry
        self._publish(entry, entry.id)

    async def end(self, entry: Entry, key: str | None, answer: Answer) -> None:
        """Record the end of a call that had begun, with the status and body of the answer for its Idempotency-Key.

        One that was refused at the last moment, or is to be repeated later, did nothing, so its key is free again.
        """
        try:
            await self._database.write(end_call, entry, key, answer)
        except DeskhandError:
            self._lost.add(entry.id)
            raise
        finally:
            self._running.pop(entry.id, None)
        self._publish(entry, entry.id)

    def is_lost(self, entry_id: int) -> bool:
        """Return whether the end of a call could not be stored, so that its row says `running` until the next start."""
        return entry_id in self._lost

    @contextmanager
    def watching(self, operation: str, describe: Callable[[], Entry]) -> Iterator[None]:
        """Show a reading call while it runs, under a negative id: it gets its row when it has ended.

        `describe` makes its entry when the activity is read: most calls have ended before.
        """
        number = next(self._watched)
        self._reading[number] = self._clock.now().isoformat(), describe
        self._events.publish("activity", {"id": number, "operation": operation, "outcome": Outcome.running})
        try:
            yield
        finally:
            del self._reading[number]

    async def add(self, entry: Entry) -> int:
        """Record a call that has no row yet: it reads, or it was refused."""
        entry_id = await self._database.write(add_entry, entry)
        self._publish(entry, entry_id)
        return entry_id

    def running(self) -> list[Entry]:
        """List the running calls from memory, newest first: a row may still say so after a full disk."""
        entries = [*self._running.values(), *filter(None, map(self._describe_reading, self._reading))]
        return sorted(entries, key=lambda entry: entry.at, reverse=True)

    async def list(self, limit: int = 50, before: int | None = None, search: Search | None = None) -> list[Entry]:
        """List the latest entries, newest first; `before`: the id from which to continue."""
        return (await self.search(search or Search(), limit, before)).entries

    async def search(self, search: Search, limit: int, before: int | None = None, seconds: float | None = None) -> Page:
        """Find the latest matching entries. `seconds`: after these, answer with those found so far."""
        started, entries = self._clock.monotonic(), list[Entry]()
        while True:
            page = await self._database.read(read_page, search, limit - len(entries), before)
            entries, before = entries + page.entries, page.earlier
            late = seconds is not None and self._clock.monotonic() - started >= seconds
            if before is None or late or len(entries) >= limit:
                return Page(entries, before)

    async def read(self, entry_id: int) -> Entry:
        """Read a call with its contents, also while it runs. Raises NotFound."""
        entry = self._running.get(entry_id) or self._describe_reading(entry_id) or await self._database.read(read_entry, entry_id)
        if entry is None:
            raise NotFound("This call is not in the activity any more.")
        return entry

    async def count_today(self) -> Count:
        """Count the calls since midnight, local time."""
        today = self._clock.now().astimezone().date()
        return await self._database.read(count_since, datetime.combine(today, time.min).astimezone())

    async def recover(self) -> int:
        """At start: mark the calls that were running as uncertain. Answers how many there were."""
        return await self._database.write(lambda connection: connection.execute(UNCERTAIN).rowcount)

    async def prune(self, retention: Retention) -> None:
        """Delete what is older than its retention."""
        now = self._clock.now()
        await self._prune(PRUNE_PAYLOADS, now - timedelta(days=retention.payload_days))
        await self._prune(PRUNE_ROWS, now - timedelta(days=retention.activity_days))
        await self._database.write(prune, PRUNE_KEYS, (now - IDEMPOTENCY).isoformat())

    async def _prune(self, statement: Executable, until: datetime) -> None:
        """Delete in small transactions, so that no call waits long for the writer."""
        while await self._database.write(prune, statement, until.isoformat()) == CHUNK:
            pass

    def _describe_reading(self, number: int) -> Entry | None:
        """Describe a reading call that runs; None if it does not."""
        at, describe = self._reading.get(number, ("", None))
        return replace(describe(), id=number, at=at) if describe else None

    def _publish(self, entry: Entry, entry_id: int) -> None:
        self._events.publish("activity", {"id": entry_id, "operation": entry.operation, "outcome": entry.outcome})


COLUMNS = [column for column in activity.c if column.name != "id"]
ADD = insert(activity)
ENDED = ("outcome", "status", "duration_ms", "result", "decision", "reason")  # columns that are known at the end
END = update(activity).where(activity.c.id == bindparam("of")).values({name: bindparam(name) for name in ENDED})
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
PRUNE_PAYLOADS = update(activity).where(activity.c.id.in_(OLD_PAYLOADS)).values(arguments=None, effect=None, result=None)
PRUNE_ROWS = delete(activity).where(activity.c.id.in_(OLD_ROWS))
PRUNE_KEYS = delete(idempotency).where(idempotency.c.at < bindparam("until"))


def to_row(entry: Entry) -> dict[str, Any]:
    return {column.name: getattr(entry, column.name) for column in COLUMNS} | {"sentence": to_text(entry.sentence)}


def find_idempotency_record(connection: Connection, client_id: str, key: str) -> IdempotencyRecord | None:
    row = connection.execute(FIND_KEY, {"client_id": client_id, "key": key}).mappings().first()
    if row is None:
        return None
    return IdempotencyRecord(row["hash"], row["activity_id"], row["status"], row["body"], Outcome(row["outcome"]))


def add_entry(connection: Connection, entry: Entry) -> int:
    inserted = connection.execute(ADD, to_row(entry)).inserted_primary_key
    return int(inserted[0]) if inserted else 0


def begin_call(
    connection: Connection, entry: Entry, key: str | None, digest: str, require: Require | None
) -> int | IdempotencyRecord:
    if require:
        require(connection)
    if key is not None and (previous := find_idempotency_record(connection, entry.client_id or "", key)):
        return previous
    entry_id = add_entry(connection, entry)
    if key is not None:
        row = {"client_id": entry.client_id, "key": key, "hash": digest, "activity_id": entry_id, "at": entry.at}
        connection.execute(ADD_KEY, row)
    return entry_id


def end_call(connection: Connection, entry: Entry, key: str | None, answer: Answer = (None, None)) -> None:
    connection.execute(END, {"of": entry.id} | {name: getattr(entry, name) for name in ENDED})
    if key is not None and (entry.outcome is Outcome.refused or entry.status == 429):
        connection.execute(DROP_KEY, {"of_client": entry.client_id, "of_key": key})
    elif key is not None:
        keep_answer(connection, entry.client_id or "", key, *answer)


def keep_answer(connection: Connection, client_id: str, key: str, status: int | None, body: str | None) -> None:
    """Store the answer for an Idempotency-Key."""
    connection.execute(END_KEY, {"of_client": client_id, "of_key": key, "status": status, "body": body})


def prune(connection: Connection, statement: Executable, until: str) -> int:
    return connection.execute(statement, {"until": until}).rowcount
