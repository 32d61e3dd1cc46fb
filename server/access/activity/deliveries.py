"""Activity records of webhook deliveries: kind, size and outcome, never content.

Deliveries of one stream, and those that are refused or repeated one after another, are counted in one record.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from starlette.exceptions import HTTPException

from server.access.activity.entry import Entry, Outcome
from server.access.activity.log import add_entry
from server.access.tables import activity
from server.core.clock import Clock
from server.core.errors import DeskhandError
from server.core.events import Events
from server.core.sentences import Sentence, to_text
from server.http.exception_handlers import SENTENCES
from server.sdk.webhook import DeliveryRecord, Result, Stream
from server.storage.database import Database

DUPLICATE = "It was here before, so nothing changed."
REPETITION_GAP = timedelta(minutes=10)  # between two refusals that are counted in one record
LONGEST_SERIES = timedelta(days=1)
DELIVER = Sentence("deliver {what}", "is delivering {what}", "delivered {what}", "could not deliver {what}")
COUNTED = ("sentence", "reason", "duration_ms", "arguments")  # columns that change with each delivery of a series
FIND = (
    select(activity.c.id, activity.c.at, activity.c.duration_ms, activity.c.arguments)
    .where(
        activity.c.client_id == bindparam("sender"),
        activity.c.at >= bindparam("since"),
        activity.c.operation == bindparam("kind"),
        activity.c.outcome == bindparam("ended"),
        activity.c.arguments.startswith(bindparam("series")),
    )
    .order_by(activity.c.at.desc())
    .limit(1)
)
CHANGE = update(activity).where(activity.c.id == bindparam("record")).values({name: bindparam(name) for name in COUNTED})


class DeliveryLog:
    """Writes the records and publishes them. Implements server.sdk.webhook.DeliveryLog."""

    def __init__(self, database: Database, events: Events, clock: Clock) -> None:
        self._database = database
        self._events = events
        self._clock = clock

    async def store(self, record: DeliveryRecord, write: Callable[[Any], Result]) -> Result:
        """Run `write` and record its result in one transaction."""
        now = self._clock.now()

        def store(connection: Connection) -> tuple[Result, Entry]:
            result = write(connection)
            return result, put(connection, record, make_entry(record, result.error, now, result), now)

        result, entry = await self._database.write(store)
        self._publish(entry)
        return result

    async def refuse(self, record: DeliveryRecord, error: Exception) -> None:
        """Record a delivery that was not stored."""
        now = self._clock.now()
        self._publish(await self._database.write(put, record, make_entry(record, error, now), now))

    def _publish(self, entry: Entry) -> None:
        self._events.publish("activity", {"id": entry.id, "operation": entry.operation, "outcome": entry.outcome})


def make_entry(record: DeliveryRecord, error: Exception | None, now: datetime, result: Any = None) -> Entry:
    """Make the entry of a single delivery; its sentence and contents follow."""
    status, reason = (200, record.reason) if error is None else describe_error(error)
    outcome, decision = Outcome.done, "allowed"
    if status >= 500:
        outcome = Outcome.failed
    elif error:
        outcome, decision = Outcome.refused, "denied" if status == 403 else "refused"  # 403: the person does not want it
    elif result and result.is_duplicate and record.stream is None:
        outcome, reason = Outcome.repeated, DUPLICATE
    elif result and result.note:
        reason = result.note
    return Entry(
        at=now.isoformat(),
        client_id=f"webhook:{record.kind.sender}",
        client_name=record.kind.sender,
        operation=record.kind.operation,
        sentence="",
        changes=False,
        decision=decision,
        reason=reason,
        outcome=outcome,
        status=status,
        duration_ms=0,
    )


def describe_error(error: Exception) -> tuple[int, str]:
    """Return the status and the sentence that the sender is answered."""
    if isinstance(error, DeskhandError):
        return error.status, error.detail
    if isinstance(error, HTTPException):
        return error.status_code, SENTENCES.get(error.status_code, error.detail)
    return DeskhandError.status, DeskhandError().detail


def put(connection: Connection, record: DeliveryRecord, entry: Entry, now: datetime) -> Entry:
    """Add the entry, or count it in the record of its series."""
    stream = record.stream if entry.outcome is Outcome.done else Stream(entry.reason, REPETITION_GAP)
    if stream is None:
        entry = replace(entry, sentence=describe(record, 1, record.size), arguments=f'{{"bytes": {record.size}}}')
        return replace(entry, id=add_entry(connection, entry))
    series = hashlib.sha256(stream.key.encode("utf-8", "replace")).hexdigest()[:16]
    row = find_open(connection, entry, series, stream.gap, now)
    before = json.loads(row.arguments) if row else {"deliveries": 0, "bytes": 0}
    count, size = before["deliveries"] + 1, before["bytes"] + record.size
    contents = json.dumps({"series": series, "deliveries": count, "bytes": size})
    entry = replace(entry, sentence=describe(record, count, size), arguments=contents)
    if row is None:
        return replace(entry, id=add_entry(connection, entry))
    duration = round((now - datetime.fromisoformat(row.at)).total_seconds() * 1000)
    entry = replace(entry, id=row.id, at=row.at, duration_ms=duration)
    connection.execute(
        CHANGE, {"record": entry.id, **{name: getattr(entry, name) for name in COUNTED}, "sentence": to_text(entry.sentence)}
    )
    return entry


def find_open(connection: Connection, entry: Entry, series: str, gap: timedelta | None, now: datetime) -> Any:
    """Find the row of a series that goes on still."""
    match = {"sender": entry.client_id, "kind": entry.operation, "ended": entry.outcome}
    since, start = (now - LONGEST_SERIES).isoformat(), f'{{"series": "{series}"'
    row = connection.execute(FIND, {**match, "since": since, "series": start}).first()
    if row is None:
        return None
    latest = datetime.fromisoformat(row.at) + timedelta(milliseconds=row.duration_ms or 0)
    return row if gap is None or now - latest <= gap else None


def describe(record: DeliveryRecord, count: int, size: int) -> Sentence:
    """Write the sentence of a record."""
    parts = f"{count} {'parts' if record.stream else 'times'}, " if count > 1 else ""
    return DELIVER.fill(what=f"{record.kind.noun} ({parts}{format_size(size)})")


def format_size(size: int) -> str:
    """Format a number of bytes: 2100 is 2.1 kB."""
    for unit, bytes_each in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= bytes_each:
            return f"{size / bytes_each:.1f} {unit}"
    return f"{size} {'byte' if size == 1 else 'bytes'}"
