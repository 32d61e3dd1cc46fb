"""Persistence of outgoing webhooks. Each function runs in a transaction of `database.write` or `database.read`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, or_, select, update

from server.outbound.webhooks.models import (
    Attempt,
    Delivery,
    DeliveryFilter,
    DeliveryState,
    Endpoint,
    LoggedAttempt,
    LoggedDelivery,
    Outcome,
    read_types,
)
from server.outbound.webhooks.tables import webhook_attempt, webhook_delivery, webhook_endpoint

endpoint, delivery, log = webhook_endpoint.c, webhook_delivery.c, webhook_attempt.c

PERSONS = select(webhook_endpoint).where(endpoint.kind == "person").order_by(endpoint.created_at, endpoint.id)
ENDPOINT = select(webhook_endpoint).where(endpoint.id == bindparam("endpoint"))
COUNTS = (
    select(delivery.endpoint_id, delivery.state, func.count())
    .where(delivery.state.in_(("waiting", "dead")))
    .group_by(delivery.endpoint_id, delivery.state)
)
HAS_WAITING = exists().where(delivery.endpoint_id == endpoint.id, delivery.state == "waiting")
IS_DUE = or_(endpoint.next_attempt_at.is_(None), endpoint.next_attempt_at <= bindparam("now"))
DUE = select(endpoint.id).where(endpoint.state == "enabled", IS_DUE, HAS_WAITING)
NEXT_DUE = select(func.min(endpoint.next_attempt_at)).where(
    endpoint.state == "enabled", endpoint.next_attempt_at > bindparam("now"), HAS_WAITING
)
DUE_ENDPOINT = ENDPOINT.where(endpoint.state == "enabled", IS_DUE)
FIRST_WAITING = (
    select(webhook_delivery)
    .where(delivery.endpoint_id == bindparam("endpoint"), delivery.state == "waiting")
    .order_by(delivery.id)
    .limit(1)
)
DELIVERY = select(webhook_delivery).where(delivery.id == bindparam("number"))
ATTEMPTS = select(webhook_attempt).where(log.delivery_id.in_(bindparam("deliveries", expanding=True))).order_by(log.id.desc())
END = (
    update(webhook_delivery)
    .where(delivery.id == bindparam("number"), delivery.state == "waiting")
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("count"),
        ended_at=bindparam("end"),
        first_attempt_at=func.coalesce(delivery.first_attempt_at, bindparam("first")),
    )
)
DISABLE = (
    update(webhook_endpoint)
    .where(endpoint.id == bindparam("number"), endpoint.state == "enabled")
    .values(state="disabled", reason=bindparam("why"))
)
SET_ENDPOINT = update(webhook_endpoint).where(endpoint.id == bindparam("number"))
OF_ENDPOINT = select(delivery.id).where(delivery.endpoint_id == bindparam("endpoint"))
REPLAYED = {"state": "waiting", "ended_at": None, "first_attempt_at": None, "attempts": 0}
OLD = select(delivery.id).where(delivery.ended_at < bindparam("before")).limit(5_000)
UNUSED = delete(webhook_endpoint).where(endpoint.kind == "request", ~exists().where(delivery.endpoint_id == endpoint.id))


def name_secret(endpoint_id: str) -> str:
    """Return the name in the keyring of the secret of the person's receiver."""
    return f"webhooks/{endpoint_id}"


def to_endpoint(row: Row[Any]) -> Endpoint:
    """Convert a row. The secret of the person's receiver follows from its id: a forged backup could name any other."""
    own = {"secret_name": name_secret(row.id)} if row.kind == "person" else {}
    return Endpoint(**{**row._mapping, "types": read_types(row.types), **own})  # noqa: SLF001, SQLAlchemy's public name of it


def to_delivery(row: Row[Any]) -> Delivery:
    """Convert a row."""
    return Delivery(**row._mapping)  # noqa: SLF001, SQLAlchemy's public name of it


def list_endpoints(connection: Connection) -> list[Endpoint]:
    """List the receivers that the person added, oldest first."""
    return [to_endpoint(row) for row in connection.execute(PERSONS)]


def count_deliveries(connection: Connection) -> dict[str, dict[str, int]]:
    """Count what is not delivered, by receiver and state."""
    counts: dict[str, dict[str, int]] = {}
    for endpoint_id, state, count in connection.execute(COUNTS):
        counts.setdefault(endpoint_id, {})[state] = count
    return counts


def find_endpoint(connection: Connection, endpoint_id: str) -> Endpoint | None:
    """Find a receiver."""
    row = connection.execute(ENDPOINT, {"endpoint": endpoint_id}).first()
    return to_endpoint(row) if row else None


def add_endpoint(connection: Connection, new: Endpoint) -> None:
    """Store a receiver."""
    connection.execute(insert(webhook_endpoint), vars(new) | {"types": json.dumps(new.types)})


def change_endpoint(connection: Connection, endpoint_id: str, values: Mapping[str, Any]) -> Endpoint | None:
    """Change columns of a receiver; return it, or None if there is none of this id."""
    stored = {name: json.dumps(value) if name == "types" else value for name, value in values.items()}
    if stored:
        connection.execute(SET_ENDPOINT.values(stored), {"number": endpoint_id})
    return find_endpoint(connection, endpoint_id)


def remove_endpoint(connection: Connection, endpoint_id: str) -> None:
    """Remove a receiver with its deliveries."""
    connection.execute(delete(webhook_attempt).where(log.delivery_id.in_(OF_ENDPOINT)), {"endpoint": endpoint_id})
    connection.execute(delete(webhook_delivery).where(delivery.endpoint_id == endpoint_id))
    connection.execute(delete(webhook_endpoint).where(endpoint.id == endpoint_id))


def list_due(connection: Connection, now: str) -> list[str]:
    """List the receivers to which something can be delivered now."""
    return [row.id for row in connection.execute(DUE, {"now": now})]


def find_next_due(connection: Connection, now: str) -> str | None:
    """Find the time of the next attempt after now."""
    moment: str | None = connection.scalar(NEXT_DUE, {"now": now})
    return moment


def take_next(connection: Connection, endpoint_id: str, now: str) -> tuple[Endpoint, Delivery] | None:
    """Find the first delivery that waits for a receiver, if an attempt is due."""
    row = connection.execute(DUE_ENDPOINT, {"endpoint": endpoint_id, "now": now}).first()
    first = connection.execute(FIRST_WAITING, {"endpoint": endpoint_id}).first() if row else None
    return (to_endpoint(row), to_delivery(first)) if row and first else None


def record(connection: Connection, attempted: Endpoint, made: Delivery, attempt: Attempt, outcome: Outcome) -> Outcome:
    """Record an attempt with its consequences; return these. Nothing is left to do if the receiver was removed meanwhile."""
    if connection.execute(DELIVERY, {"number": made.id}).first() is None:
        return outcome
    if outcome.state != DeliveryState.delivered and has_changed(connection, attempted):
        outcome = Outcome(DeliveryState.waiting)  # the failure says nothing about the receiver as it is now
    at, number = attempt.at.isoformat(), made.attempts + (not attempt.is_ours)
    ended = None if outcome.state == DeliveryState.waiting else at
    connection.execute(END, {"number": made.id, "new_state": outcome.state.value, "count": number, "end": ended, "first": at})
    row = {"delivery_id": made.id, "number": number, "at": at, "duration_ms": attempt.duration_ms}
    connection.execute(
        insert(webhook_attempt), row | {"status": attempt.status, "error": attempt.error, "answer": attempt.answer}
    )
    following = outcome.next_attempt_at.isoformat() if outcome.next_attempt_at else None
    change_endpoint(connection, made.endpoint_id, {"failures": outcome.failures, "next_attempt_at": following})
    if outcome.disabled:
        connection.execute(DISABLE, {"number": made.endpoint_id, "why": outcome.disabled})
    return outcome


def has_changed(connection: Connection, attempted: Endpoint) -> bool:
    """Return whether the address of a receiver was changed, or its secret rotated, since an attempt began."""
    current = find_endpoint(connection, attempted.id)
    return current is not None and (current.url, current.previous_until) != (attempted.url, attempted.previous_until)


def list_deliveries(connection: Connection, selection: DeliveryFilter) -> list[LoggedDelivery]:
    """List deliveries, newest first."""
    query = select(webhook_delivery).order_by(delivery.id.desc()).limit(selection.limit)
    if selection.state:
        query = query.where(delivery.state == selection.state)
    if selection.endpoint_id:
        query = query.where(delivery.endpoint_id == selection.endpoint_id)
    if selection.before is not None:
        query = query.where(delivery.id < selection.before)
    return log_deliveries(connection, [to_delivery(row) for row in connection.execute(query)])


def find_delivery(connection: Connection, delivery_id: int) -> LoggedDelivery | None:
    """Find a delivery with its attempts."""
    row = connection.execute(DELIVERY, {"number": delivery_id}).first()
    return log_deliveries(connection, [to_delivery(row)])[0] if row else None


def log_deliveries(connection: Connection, deliveries: Sequence[Delivery]) -> list[LoggedDelivery]:
    """Add to deliveries their receivers and attempts."""
    endpoints: dict[str, Endpoint] = {}
    for endpoint_id in {made.endpoint_id for made in deliveries}:
        if receiver := find_endpoint(connection, endpoint_id):
            endpoints[endpoint_id] = receiver
    logged = {made.id: LoggedDelivery(made, endpoints[made.endpoint_id]) for made in deliveries if made.endpoint_id in endpoints}
    for row in connection.execute(ATTEMPTS, {"deliveries": list(logged)}):
        logged[row.delivery_id].attempts.append(
            LoggedAttempt(row.number, row.at, row.duration_ms, row.status, row.error, row.answer)
        )
    return list(logged.values())


def replay(connection: Connection, delivery_id: int) -> LoggedDelivery | None:
    """Put a delivery that has ended back into the outbox, under its id; return it."""
    ended = update(webhook_delivery).where(delivery.id == delivery_id, delivery.state != "waiting")
    connection.execute(ended.values(REPLAYED))
    return find_delivery(connection, delivery_id)


def replay_dead(connection: Connection, endpoint_id: str) -> int:
    """Put all dead letters back, those of one receiver or all; return how many."""
    enabled = select(endpoint.id).where(endpoint.state == "enabled")
    dead = update(webhook_delivery).where(delivery.state == "dead", delivery.endpoint_id.in_(enabled))
    if endpoint_id:
        dead = dead.where(delivery.endpoint_id == endpoint_id)
    return connection.execute(dead.values(REPLAYED)).rowcount


def discard_dead(connection: Connection, endpoint_id: str) -> int:
    """Remove all dead letters, those of one receiver or all; return how many."""
    dead = select(delivery.id).where(delivery.state == "dead")
    if endpoint_id:
        dead = dead.where(delivery.endpoint_id == endpoint_id)
    connection.execute(delete(webhook_attempt).where(log.delivery_id.in_(dead)))
    return connection.execute(delete(webhook_delivery).where(delivery.id.in_(dead))).rowcount


def give_up(connection: Connection, delivery_id: int, now: str) -> LoggedDelivery | None:
    """Make a delivery that waits a dead letter, so that the next one is attempted; return it."""
    waiting = update(webhook_delivery).where(delivery.id == delivery_id, delivery.state == "waiting")
    connection.execute(waiting.values(state="dead", ended_at=now))
    return find_delivery(connection, delivery_id)


def prune(connection: Connection, before: str) -> int:
    """Remove deliveries that ended before a time, at most 5,000 at once, and unused receivers of requests; return how many."""
    old = [row.id for row in connection.execute(OLD, {"before": before})]
    connection.execute(delete(webhook_attempt).where(log.delivery_id.in_(old)))
    connection.execute(delete(webhook_delivery).where(delivery.id.in_(old)))
    connection.execute(UNUSED)
    return len(old)
