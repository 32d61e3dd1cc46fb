"""Storing one delivery in one transaction: deduplication, the state of its uid, and its content."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.core.errors import DeskhandError, Forbidden, InvalidInput, TooLarge, TooManyRequests
from server.integrations.omi.models import Kind, OmiSettings, SourceState
from server.integrations.omi.store import conversations, sources
from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import arrival
from server.integrations.omi.store.tables import delivery as table
from server.sdk.webhook import Stream

WAIT_SECONDS = 60  # until a full uid may try again
DENIED = "The person at this computer does not want what this uid sends."
FULL = "Too many deliveries of this uid are on hold. The person at this computer has to accept it in Deskhand's window."
MEGABYTE = 1_000_000
OVER_QUOTA = "This client has added as much as it may. The person can remove some of it, or allow more in OMI's settings."
KEY_REUSED = "This Idempotency-Key belongs to another delivery. Choose a new one for each."
WAITING = "It is on hold until you accept the OMI account."
OF = (table.c.uid == bindparam("of"), table.c.kind == bindparam("what"))
BY_KEY = select(table.c.digest).where(*OF, table.c.key == bindparam("named"))
BY_DIGEST = select(table.c.signed_at).where(*OF, table.c.digest == bindparam("hashed"))
LATEST = select(table.c.digest).where(*OF, table.c.subject == bindparam("about")).order_by(table.c.number.desc()).limit(1)
REMEMBER = insert(table)
FORGET_OLD = (delete(table).where(table.c.at < bindparam("before")),)
COUNT = (
    update(arrival)
    .where(arrival.c.uid == bindparam("of"), arrival.c.kind == bindparam("what"))
    .values(at=bindparam("now"), title=bindparam("called"), count=arrival.c.count + 1)
)
FIRST = insert(arrival)
LAST = select(arrival).where(arrival.c.uid.in_(ACCEPTED)).order_by(arrival.c.at.desc()).limit(bindparam("most"))


class DeliveryOutcome(StrEnum):
    """Outcome of a delivery."""

    stored = "stored"  #: it is stored
    duplicate = "duplicate"  #: it was here before, or something newer was; nothing changed
    denied = "denied"  #: the person does not want what this uid sends
    full = "full"  #: too much waits for the person's decision
    over_quota = "over_quota"  #: its client has added as much as it may
    key_reused = "key_reused"  #: its Idempotency-Key belongs to another delivery


@dataclass(frozen=True)
class ParsedDelivery:
    """A delivery ready to be stored. `key`: its Idempotency-Key. `digest`: its deduplication key.

    `subject`: the thing whose state it describes, which a later one may describe again; empty for what happens once.
    `signed_at`: by its verified signature, in seconds since 1970. `client`: the name of the client that hands it over; empty
    if it came from OMI. `form`: by which address it came, in words. `question`: the id of the approval request for a new uid.
    `save` stores the content, and returns False if something newer is known. `stream`: the session it is a part of.
    `note`: a remark for the person.
    """

    kind: Kind
    uid: str
    key: str | None
    digest: str
    size: int
    at: str
    title: str | None
    form: str
    question: str
    save: Callable[[Connection], bool]
    client: str = ""
    client_id: str = ""
    subject: str = ""
    signed_at: int | None = None
    stream: Stream | None = None
    note: str = ""


@dataclass(frozen=True)
class DeliveryResult:
    """Result of a delivery, a server.sdk.webhook.StoreResult. `is_new_source`: the person has to be asked about its uid."""

    outcome: DeliveryOutcome
    is_new_source: bool = False
    note: str = ""

    @property
    def error(self) -> DeskhandError | None:
        """The error that the sender is answered if the delivery was refused."""
        if self.outcome is DeliveryOutcome.denied:
            return Forbidden(DENIED)
        if self.outcome is DeliveryOutcome.full:
            return TooManyRequests(FULL, retry_after=WAIT_SECONDS)
        if self.outcome is DeliveryOutcome.over_quota:
            return TooLarge(OVER_QUOTA)
        return InvalidInput(KEY_REUSED) if self.outcome is DeliveryOutcome.key_reused else None

    @property
    def is_duplicate(self) -> bool:
        """Return whether nothing changed."""
        return self.outcome is DeliveryOutcome.duplicate


def receive(connection: Connection, delivery: ParsedDelivery, settings: OmiSettings) -> DeliveryResult:
    """Store one delivery, once."""
    known = sources.find(connection, delivery.uid)
    state = known["state"] if known else SourceState.waiting
    if state == SourceState.denied:
        connection.execute(sources.DROP, {"which": delivery.uid, "now": delivery.at})
        return DeliveryResult(DeliveryOutcome.denied)
    if repeated := find_duplicate(connection, delivery):
        return DeliveryResult(repeated)
    waits = state == SourceState.waiting
    if waits and is_full(connection, known, delivery, settings):
        return DeliveryResult(DeliveryOutcome.full)
    room = settings.client_megabytes * MEGABYTE - 2 * delivery.size  # its body, and the words that are searched
    if delivery.client_id and conversations.measure(connection, delivery.client_id) > room:
        return DeliveryResult(DeliveryOutcome.over_quota)
    if known is None:
        first = {"first_kind": delivery.kind, "first_client": delivery.client, "first_at": delivery.at, "last_at": delivery.at}
        row = {"uid": delivery.uid, "question": delivery.question, "form": delivery.form, "state": SourceState.waiting}
        sources.add(connection, row | first)
    remember(connection, delivery)
    aside = {"more": int(waits), "size": delivery.size if waits else 0}
    connection.execute(sources.KEEP_ASIDE, {"which": delivery.uid, "now": delivery.at, **aside})
    values = {"of": delivery.uid, "what": delivery.kind, "now": delivery.at, "called": delivery.title}
    if not connection.execute(COUNT, values).rowcount:
        arrived = {"uid": delivery.uid, "kind": delivery.kind, "at": delivery.at, "title": delivery.title, "count": 1}
        connection.execute(FIRST, arrived)
    outcome = DeliveryOutcome.stored if delivery.save(connection) else DeliveryOutcome.duplicate
    return DeliveryResult(
        outcome, is_new_source=known is None, note=" ".join(filter(None, (WAITING if waits else "", delivery.note)))
    )


def remember(connection: Connection, delivery: ParsedDelivery) -> None:
    """Add the row by which the same delivery is recognized later."""
    names = ("uid", "kind", "key", "digest", "at", "subject", "signed_at")
    connection.execute(REMEMBER, {name: getattr(delivery, name) for name in names})


def find_duplicate(connection: Connection, delivery: ParsedDelivery) -> DeliveryOutcome | None:
    """Find out whether the same was here before, under its key or by its content.

    What changed and changed back looks the same and is no duplicate: it comes under another key, or after something else. A
    signature tells it from a replay, whose key anybody may have changed: OMI's version 1 does not sign it.
    """
    of = {"of": delivery.uid, "what": delivery.kind}
    if delivery.key and (row := connection.execute(BY_KEY, {**of, "named": delivery.key}).first()):
        return DeliveryOutcome.duplicate if row.digest == delivery.digest else DeliveryOutcome.key_reused
    alike = connection.execute(BY_DIGEST, {**of, "hashed": delivery.digest}).all()
    if not alike:
        return None
    signed_at = delivery.signed_at
    if not delivery.subject or (signed_at and any(row.signed_at and row.signed_at >= signed_at for row in alike)):
        return DeliveryOutcome.duplicate
    latest = connection.execute(LATEST, {**of, "about": delivery.subject}).scalar_one_or_none()
    return DeliveryOutcome.duplicate if latest == delivery.digest and not delivery.key else None


def is_full(connection: Connection, known: Mapping[str, Any] | None, delivery: ParsedDelivery, settings: OmiSettings) -> bool:
    """Return whether too much waits already for one more to be kept aside."""
    limit = settings.waiting_uids_of_clients if delivery.client else settings.waiting_uids
    if known is None and sources.count_rivals(connection, delivery.client) >= limit:
        return True
    count, size = (known["kept_aside"], known["bytes_aside"]) if known else (0, 0)
    return bool(count >= settings.waiting_deliveries or size + delivery.size > settings.waiting_bytes)


def read_last(connection: Connection, limit: int) -> list[Mapping[str, Any]]:
    """Read the last arrival of each kind from accepted uids, the newest first."""
    return [dict(row) for row in connection.execute(LAST, {"most": limit}).mappings()]
