"""The activity: one row for every call, written before its answer goes out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Executable, bindparam, delete, insert, select, update

from server.access.tables import activity, idempotency
from server.context import Clock
from server.events import Events
from server.logs import SECRETS
from server.operation import Effect
from server.storage.database import Database

SECRET_NAMES = ("password", "secret", "token", "authorization", "api_key", "apikey")
LONGEST_TEXT = 2_000  # characters of one argument that are kept
LONGEST_RESULT = 4_000
CHUNK = 500  # rows that are forgotten at once
IDEMPOTENCY = timedelta(hours=24)  # for which an Idempotency-Key answers what its first call has
RETENTION = "retention"  # the section of the settings
Require = Callable[[Connection], None]


class Outcome(StrEnum):
    """How a call ended."""

    running = "running"  #: it has been started and has not answered yet
    done = "done"  #: it ran and answered
    failed = "failed"  #: it was started and did not succeed
    refused = "refused"  #: it was not started
    repeated = "repeated"  #: the same call had been made; its answer was given again
    uncertain = "uncertain"  #: Deskhand stopped while it ran, so nobody knows; it is never repeated by itself


@dataclass(frozen=True)
class Entry:
    """A call as the activity tells it.

    `at`: ISO 8601, UTC. `arguments`, `effect`, `result`: JSON texts, kept for some days only.
    """

    at: str
    client_id: str | None
    client_name: str
    operation: str
    sentence: str
    changes: bool
    decision: str
    reason: str
    outcome: Outcome
    status: int | None = None
    duration_ms: int | None = None
    arguments: str | None = None
    effect: str | None = None
    result: str | None = None
    id: int = 0


@dataclass(frozen=True)
class Kept:
    """What is known of an Idempotency-Key. `status` and `body` are None while its first call runs or if it never ended."""

    hash: str
    activity_id: int
    status: int | None
    body: str | None
    outcome: Outcome


class Retention(BaseModel):
    """How long things are kept."""

    payload_days: int = Field(7, ge=1, le=3650, description="Days for which the contents of calls are kept.")
    activity_days: int = Field(90, ge=1, le=3650, description="Days for which it is kept that a call was made.")


class Activity:
    """Writes what happens and tells who listens."""

    def __init__(self, database: Database, events: Events, clock: Clock) -> None:
        self._database = database
        self._events = events
        self._clock = clock

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
            self._tell(entry, begun)
        return begun

    async def end(self, entry: Entry, key: str | None, body: str | None) -> None:
        """Note how a call that had begun ended, with the answer that its Idempotency-Key stands for."""
        await self._database.write(end_call, entry, key, body)
        self._tell(entry, entry.id)

    async def add(self, entry: Entry) -> int:
        """Note a call that needed no beginning: it reads, or it was refused."""
        added = await self._database.write(add_entry, entry)
        self._tell(entry, added)
        return added

    async def list(self, limit: int = 50, before: int | None = None) -> list[Entry]:
        """List the latest entries, newest first; `before` is the id from which to go on."""
        return await self._database.read(read_entries, limit, before)

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


def redact(value: Any, name: str = "") -> Any:
    """Take secrets out of arguments, and cut what is too long to be worth keeping."""
    if isinstance(value, Mapping):
        return {str(key): redact(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact(inner, name) for inner in value]
    if value is not None and any(secret in name.lower() for secret in SECRET_NAMES):
        return "•••"
    if not isinstance(value, str):
        return value
    text = SECRETS.sub("•••", value)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text)} characters)"


def effect_text(effect: Effect | None) -> str | None:
    """An Effect as the activity keeps it."""
    if effect is None:
        return None
    fields = [[name, redact(value)] for name, value in effect.fields]
    return json.dumps({"sentence": effect.sentence, "fields": fields}, ensure_ascii=False)


COLUMNS = [column for column in activity.c if column.name != "id"]
ADD = insert(activity)
END = (
    update(activity)
    .where(activity.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("outcome", "status", "duration_ms", "result", "reason")})
)
ADD_KEY = insert(idempotency)
END_KEY = (
    update(idempotency)
    .where(idempotency.c.client_id == bindparam("of_client"), idempotency.c.key == bindparam("of_key"))
    .values(status=bindparam("status"), body=bindparam("body"))
)
FIND_KEY = (
    select(idempotency, activity.c.outcome)
    .join(activity, activity.c.id == idempotency.c.activity_id)
    .where(idempotency.c.client_id == bindparam("client_id"), idempotency.c.key == bindparam("key"))
)
LATEST = select(activity).order_by(activity.c.id.desc()).limit(bindparam("most"))
EARLIER = LATEST.where(activity.c.id < bindparam("before"))
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
            "reason": entry.reason,
        },
    )
    if key is not None:
        end = {"of_client": entry.client_id, "of_key": key, "status": entry.status, "body": body}
        connection.execute(END_KEY, end)


def read_entries(connection: Connection, limit: int, before: int | None) -> list[Entry]:
    statement = LATEST if before is None else EARLIER
    rows = connection.execute(statement, {"most": limit, "before": before} if before is not None else {"most": limit})
    return [Entry(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows.mappings()]


def mark_uncertain(connection: Connection) -> int:
    return connection.execute(UNCERTAIN).rowcount


def forget(connection: Connection, statement: Executable, until: str) -> int:
    return connection.execute(statement, {"until": until}).rowcount
