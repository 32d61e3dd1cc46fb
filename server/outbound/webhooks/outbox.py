"""Outbox: what has happened is stored for its receivers in the transaction of what has happened."""

import json
import secrets
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from server.core.clock import Clock
from server.outbound.webhooks.models import read_types
from server.outbound.webhooks.receivers import Receivers
from server.outbound.webhooks.tables import webhook_attempt, webhook_delivery, webhook_endpoint

LARGEST_DATA = 1_000_000  # characters of an event's data
OMITTED = "The data is too large for a webhook, or no JSON. Read it in Deskhand."

MOST_DEPTH = 5  # webhooks in a row that lead to each other
LOOP = "This event was caused by webhooks that call each other in a circle, so it is not sent by itself."

current_depth: ContextVar[int] = ContextVar("webhook_depth", default=0)  # webhooks that led to the request that runs now

RECEIVERS = select(webhook_endpoint.c.id, webhook_endpoint.c.types).where(
    webhook_endpoint.c.kind == "person", webhook_endpoint.c.state == "enabled"
)
NAMED = (
    select(webhook_endpoint.c.id, webhook_endpoint.c.state)
    .where(
        webhook_endpoint.c.kind == "request",
        webhook_endpoint.c.url == bindparam("at"),
        webhook_endpoint.c.secret_name == bindparam("secret"),
    )
    .limit(1)
)
ENABLE = (
    update(webhook_endpoint).where(webhook_endpoint.c.id == bindparam("endpoint")).values(state="enabled", next_attempt_at=None)
)
KNOWN = select(webhook_delivery.c.id).where(
    webhook_delivery.c.endpoint_id == bindparam("endpoint"), webhook_delivery.c.message_id == bindparam("message")
)


def make_message_id() -> str:
    """Make a webhook-id."""
    return f"msg_{secrets.token_hex(16)}"


def do_nothing() -> None:
    pass


@dataclass
class Outbox:
    """Stores events for delivery. Its functions are called inside `database.write`, with the connection given there.

    `wake`: called from the writer's thread when something was stored. `types`: the events that exist, each with a
    sentence for the person.
    """

    clock: Clock = field(default_factory=Clock)
    receivers: Receivers = field(default_factory=Receivers)
    wake: Callable[[], None] = do_nothing
    types: dict[str, str] = field(default_factory=dict)

    def offer(self, types: Mapping[str, str]) -> None:
        """Add types of events, such as {"message.created": "A message was added to a conversation"}, for the person to choose."""
        self.types |= types

    def check(self, url: str) -> None:
        """Check an address that a request names, before it is stored. Raises InvalidInput."""
        self.receivers.parse(url)

    def read_depth(self) -> int:
        """Read how many webhooks led to the request that runs now."""
        return current_depth.get()

    def emit(self, connection: Connection, type: str, data: Mapping[str, Any], *, message_id: str = "") -> str:  # noqa: A002, the standard's word
        """Store an event for every receiver that wants its type; return the webhook-id.

        `data`: anything that JSON can hold. `message_id`: the id of something that is told once, however often this is called.
        """
        now, message_id = self.clock.now(), message_id or make_message_id()
        wanting = [row.id for row in connection.execute(RECEIVERS) if not (types := read_types(row.types)) or type in types]
        if wanting:
            body = write_body(type, now, data)
            for endpoint in wanting:
                self._add(connection, endpoint, message_id, type, body)
        return message_id

    def emit_to(
        self,
        connection: Connection,
        url: str,
        body: bytes,
        *,
        type: str = "",  # noqa: A002, the standard's word
        secret_name: str = "",
        message_id: str = "",
        depth: int | None = None,
    ) -> str:
        """Store a JSON body, byte for byte, for the receiver that a request named; return the webhook-id.

        `type`: for the log only. `secret_name`: where in the keyring the whsec_ secret of its signature is; without one it is
        not signed. `depth`: the webhooks that led to it; those of the present call if it is None.
        Raises ValueError if the body is not UTF-8. The address is checked again before each attempt.
        """
        message_id = message_id or make_message_id()
        known = connection.execute(NAMED, {"at": url, "secret": secret_name}).first()
        if known is None:
            endpoint = f"whr_{secrets.token_hex(8)}"
            connection.execute(insert(webhook_endpoint), self._named(endpoint, url, secret_name))
        else:
            endpoint = known.id
            if known.state != "enabled":  # after a restore
                connection.execute(ENABLE, {"endpoint": endpoint})
        self._add(connection, endpoint, message_id, type, body.decode(), depth)
        return message_id

    def emit_test(self, connection: Connection, endpoint_id: str, type: str, data: Mapping[str, Any]) -> int:  # noqa: A002
        """Store an event for one receiver; return the id of the delivery."""
        return self._add(connection, endpoint_id, make_message_id(), type, write_body(type, self.clock.now(), data))

    def _add(
        self,
        connection: Connection,
        endpoint: str,
        message_id: str,
        type: str,  # noqa: A002, the standard
        body: str,
        depth: int | None = None,
    ) -> int:
        known: int | None = connection.scalar(KNOWN, {"endpoint": endpoint, "message": message_id})
        if known is not None:
            return known
        depth, now = self.read_depth() if depth is None else depth, self.clock.now().isoformat()
        row: dict[str, Any] = {"endpoint_id": endpoint, "message_id": message_id, "type": type, "body": body, "depth": depth}
        row |= {"state": "waiting", "created_at": now, "attempts": 0}
        if depth >= MOST_DEPTH:
            row |= {"state": "dead", "ended_at": now}
        delivery_id: int = connection.scalar(insert(webhook_delivery).returning(webhook_delivery.c.id), row)
        if depth >= MOST_DEPTH:
            note = {"delivery_id": delivery_id, "number": 0, "at": now, "duration_ms": 0, "error": LOOP, "answer": ""}
            connection.execute(insert(webhook_attempt), note)
        self.wake()
        return delivery_id

    def _named(self, endpoint: str, url: str, secret_name: str) -> dict[str, object]:
        return {
            "id": endpoint,
            "kind": "request",
            "url": url,
            "name": "",
            "types": "[]",
            "state": "enabled",
            "reason": "",
            "secret_name": secret_name,
            "created_at": self.clock.now().isoformat(),
            "failures": 0,
        }


def write_body(type: str, at: datetime, data: Mapping[str, Any]) -> str:  # noqa: A002, the standard's word
    """Write the payload that Standard Webhooks recommends."""
    payload: dict[str, Any] = {"type": type, "timestamp": at.isoformat().replace("+00:00", "Z")}
    try:
        written = json.dumps({**payload, "data": data}, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)
    except ValueError:  # an event must never undo the result that it tells of
        written = ""
    if not 0 < len(written) <= LARGEST_DATA:
        written = json.dumps({**payload, "data": None, "omitted": OMITTED}, separators=(",", ":"))
    return written.encode("utf-8", "replace").decode()
