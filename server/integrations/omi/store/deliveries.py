"""One delivery: is it new, whose is it, what becomes of it. All of it happens in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.integrations.omi.models import Kind, OmiSettings, SourceState
from server.integrations.omi.store import sources
from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import arrival, delivery

OF = (delivery.c.uid == bindparam("of"), delivery.c.kind == bindparam("what"))
BY_KEY = select(delivery.c.digest).where(*OF, delivery.c.key == bindparam("named"))
BY_DIGEST = select(delivery.c.signed_at).where(*OF, delivery.c.digest == bindparam("hashed"))
LATEST = (
    select(delivery.c.digest).where(*OF, delivery.c.subject == bindparam("about")).order_by(delivery.c.number.desc()).limit(1)
)
REMEMBER = insert(delivery)
FORGET_OLD = delete(delivery).where(delivery.c.at < bindparam("before"))
COUNT = (
    update(arrival)
    .where(arrival.c.uid == bindparam("of"), arrival.c.kind == bindparam("what"))
    .values(at=bindparam("now"), title=bindparam("called"), count=arrival.c.count + 1)
)
FIRST = insert(arrival)
LAST = select(arrival).where(arrival.c.uid.in_(ACCEPTED)).order_by(arrival.c.at.desc()).limit(bindparam("most"))


class Fate(StrEnum):
    """What became of a delivery."""

    kept = "kept"  #: it is stored
    known = "known"  #: it was here before, or something newer was; nothing changed
    denied = "denied"  #: the person does not want what this uid sends
    full = "full"  #: too much waits for the person's word
    clash = "clash"  #: its Idempotency-Key belongs to another delivery


@dataclass(frozen=True)
class Delivery:
    """A delivery as it came in. `key`: its Idempotency-Key. `digest`: by which the same one is known again.

    `subject`: what it tells the state of, which a later one may tell again; empty for what happens once. `signed_at`: by its
    proven signature, in seconds since 1970. `client`: the name of the one that hands it over; empty where it came from OMI.
    `form`: by which address it came, in words. `question`: the id of the question that asks about a new uid.
    `keep` stores it, and answers False where something newer is known.
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
    keep: Callable[[Connection], bool]
    client: str = ""
    subject: str = ""
    signed_at: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery. `asks`: a question about its uid is new."""

    fate: Fate
    asks: bool = False


def receive(connection: Connection, one: Delivery, settings: OmiSettings) -> Outcome:
    """Take one delivery, once."""
    known = sources.find(connection, one.uid)
    state = known["state"] if known else SourceState.waiting
    if state == SourceState.denied:
        sources.drop(connection, one.uid, one.at)
        return Outcome(Fate.denied)
    if repeated := find_repeated(connection, one):
        return Outcome(repeated)
    waits = state == SourceState.waiting
    if waits and is_full(connection, known, one, settings):
        return Outcome(Fate.full)
    if known is None:
        told = {"uid": one.uid, "question": one.question, "first_kind": one.kind, "form": one.form, "state": state}
        sources.add(connection, {**told, "first_client": one.client, "first_at": one.at, "last_at": one.at})
    row = {"uid": one.uid, "kind": one.kind, "key": one.key, "digest": one.digest, "at": one.at}
    connection.execute(REMEMBER, {**row, "subject": one.subject, "signed_at": one.signed_at})
    sources.note(connection, one.uid, one.at, one.size, waits=waits)
    count(connection, one)
    return Outcome(Fate.kept if one.keep(connection) else Fate.known, asks=known is None)


def find_repeated(connection: Connection, one: Delivery) -> Fate | None:
    """Whether the same was here before, under its key or as it is.

    What changed and changed back looks the same and is none: it comes under another key, or after something else. A signature
    tells such a one from a replay, whose key anybody may have changed: OMI's version 1 does not sign it.
    """
    of = {"of": one.uid, "what": one.kind}
    if one.key and (row := connection.execute(BY_KEY, {**of, "named": one.key}).first()):
        return Fate.known if row.digest == one.digest else Fate.clash
    alike = connection.execute(BY_DIGEST, {**of, "hashed": one.digest}).all()
    if not alike:
        return None
    if not one.subject or (one.signed_at and any(row.signed_at and row.signed_at >= one.signed_at for row in alike)):
        return Fate.known
    latest = connection.execute(LATEST, {**of, "about": one.subject}).scalar_one_or_none()
    return Fate.known if latest == one.digest and not one.key else None


def is_full(connection: Connection, known: Mapping[str, Any] | None, one: Delivery, settings: OmiSettings) -> bool:
    """Whether too much waits already for one more to be kept aside."""
    places = settings.waiting_uids_of_clients if one.client else settings.waiting_uids
    if known is None and sources.count_rivals(connection, one.client) >= places:
        return True
    kept, size = (known["kept_aside"], known["bytes_aside"]) if known else (0, 0)
    return bool(kept >= settings.waiting_deliveries or size + one.size > settings.waiting_bytes)


def count(connection: Connection, one: Delivery) -> None:
    """Note that something of this kind came."""
    values = {"of": one.uid, "what": one.kind, "now": one.at, "called": one.title}
    if not connection.execute(COUNT, values).rowcount:
        connection.execute(FIRST, {"uid": one.uid, "kind": one.kind, "at": one.at, "title": one.title, "count": 1})


def read_last(connection: Connection, most: int) -> list[Mapping[str, Any]]:
    """What came last from accepted uids: one of each kind, the newest first."""
    return [dict(row) for row in connection.execute(LAST, {"most": most}).mappings()]


def forget_old(connection: Connection, before: str) -> None:
    """Remember no deliveries from before a moment."""
    connection.execute(FORGET_OLD, {"before": before})
