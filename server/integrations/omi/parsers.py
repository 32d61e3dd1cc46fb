"""Parsers of deliveries, one per kind."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from server.core.errors import InvalidInput
from server.integrations.omi import summaries
from server.integrations.omi.models import DEFAULT_UID, UID_PATTERN, Kind
from server.integrations.omi.payload import (
    digest,
    parse,
    read_conversation,
    read_list,
    read_object,
    read_text,
    require_object,
)
from server.integrations.omi.store import aside, conversations, day_summaries, transcripts
from server.integrations.omi.store.deliveries import ParsedDelivery
from server.sdk.webhook import Stream

LONGEST_KEY = 255
LONGEST_SESSION = 200
SESSION_GAP = timedelta(minutes=10)  # the longest pause in a session that OMI does not name
DISTINGUISHING = ("event_id", "timestamp", "id", "created_at")  # fields that make two presses of a button two
TOO_DEEP = "This is nested too deep to be a delivery of OMI."
NO_CONTENT = "It has no content, so clients don't see it."
BAD_UID = "The uid has letters, digits, - and _ only, 128 at most, as OMI gives it."


@dataclass(frozen=True)
class IncomingDelivery:
    """A delivery before it is parsed. `form`: by which address it came, in words. `key`: its Idempotency-Key.

    `signed_at`: by its verified signature, in seconds since 1970.
    `client`, `client_name`: the client that hands it over; empty if it came from OMI itself.
    """

    kind: Kind
    uid: str
    body: bytes
    form: str
    key: str | None = None
    session: str = ""
    rate: int = 0
    signed_at: int | None = None
    client: str = ""
    client_name: str = ""

    @property
    def text(self) -> str:
        """The body as it is stored, with every field."""
        return self.body.decode("utf-8", "replace")


def parse_delivery(delivery: IncomingDelivery, now: str) -> ParsedDelivery:
    """Parse a delivery that is JSON. Raises InvalidInput. It can take long, so not on the event loop."""
    try:
        data = parse(delivery.body)
        return PARSERS[delivery.kind](delivery, data, digest(data), now)
    except RecursionError:
        raise InvalidInput(TOO_DEEP) from None


def parse_memory(delivery: IncomingDelivery, data: Any, content_hash: str, now: str) -> ParsedDelivery:
    """Parse a conversation."""
    content, uid = read_conversation(require_object(data)), choose_uid(delivery, data)
    save = partial(conversations.put, uid=uid, content=content, body=delivery.text, now=now, client=delivery.client)
    parsed = to_parsed(delivery, uid, content_hash, now, content.title, save, content.id)
    is_change = content.discarded and bool(data.get("id"))
    return parsed if content.has_content or is_change else keep_aside(parsed, delivery)


def parse_transcript(delivery: IncomingDelivery, data: Any, content_hash: str, now: str) -> ParsedDelivery:
    """Parse live words: an object with segments, or the segments alone."""
    body = {"segments": data} if isinstance(data, list) else require_object(data)
    uid = choose_uid(delivery, body)
    segments = [segment for segment in read_list(body.get("segments")) if isinstance(segment, dict)]
    named = delivery.session or read_text(body.get("session_id"))
    session = fit_key(named or uid, LONGEST_SESSION)
    save = partial(transcripts.put_all, uid=uid, session=session, segments=segments, now=now)
    stream = make_stream(uid, fit_key(named, LONGEST_SESSION))
    return replace(to_parsed(delivery, uid, digest([session, content_hash]), now, None, save, session), stream=stream)


def parse_day_summary(delivery: IncomingDelivery, data: Any, content_hash: str, now: str) -> ParsedDelivery:
    """Parse the summary of a day."""
    data = require_object(data)
    uid = choose_uid(delivery, data)
    values = summaries.describe(data, uid, now) | {"body": delivery.text}
    headline = read_text(summaries.find_summary(data).get("headline"))
    save = partial(day_summaries.put, uid=uid, values=values)
    parsed = to_parsed(delivery, uid, content_hash, now, headline, save, values["id"])
    return parsed if summaries.has_content(data) else keep_aside(parsed, delivery)


def parse_button_press(delivery: IncomingDelivery, data: Any, content_hash: str, now: str) -> ParsedDelivery:
    """Parse a press of the button."""
    data = require_object(data)
    uid, event = choose_uid(delivery, data), read_text(data.get("button_event") or data.get("event"))[:100]
    if not any(data.get(name) for name in DISTINGUISHING):
        content_hash = make_digest(delivery)
    save = partial(day_summaries.add_press, uid=uid, event=event, body=delivery.text, now=now)
    return to_parsed(delivery, uid, content_hash, now, event, save)


PARSERS: dict[Kind, Callable[[IncomingDelivery, Any, str, str], ParsedDelivery]] = {
    Kind.memory: parse_memory,
    Kind.transcript: parse_transcript,
    Kind.day_summary: parse_day_summary,
    Kind.button: parse_button_press,
}


def keep_aside(parsed: ParsedDelivery, delivery: IncomingDelivery) -> ParsedDelivery:
    """Keep a delivery without content as it came, in place of an empty conversation or summary."""
    row = {"uid": parsed.uid, "kind": parsed.kind, "at": parsed.at, "added_by": delivery.client, "body": delivery.text}
    return replace(parsed, save=partial(aside.put, row=row), note=NO_CONTENT)


def fit_key(key: str, most: int) -> str:
    """Make a key fit its column. A long one is hashed rather than cut, so that two remain two."""
    return key if len(key) <= most else digest(key)


def make_digest(delivery: IncomingDelivery) -> str:
    """Make the deduplication key of a delivery whose content may come twice: from its Idempotency-Key alone, if it has one."""
    return digest([delivery.key or secrets.token_hex(), len(delivery.body)])


def make_stream(uid: str, session: str, otherwise: str = "") -> Stream:
    """Name the session that a delivery is a part of; without an id of OMI's, a pause ends it."""
    return Stream(digest([uid, session or otherwise]), None if session else SESSION_GAP)


def choose_uid(delivery: IncomingDelivery, data: Any) -> str:
    """Return the uid of the address, else of the body. Raises InvalidInput if it is not in OMI's format."""
    uid = delivery.uid or read_text(read_object(data).get("uid")) or DEFAULT_UID
    if not re.fullmatch(UID_PATTERN, uid):
        raise InvalidInput(BAD_UID)
    return uid


def to_parsed(
    delivery: IncomingDelivery,
    uid: str,
    content_hash: str,
    now: str,
    title: str | None,
    save: Callable[..., bool],
    subject: str = "",
) -> ParsedDelivery:
    """Put a parsed delivery together. `subject`: the thing whose state it describes."""
    return ParsedDelivery(
        kind=delivery.kind,
        uid=uid,
        key=fit_key(delivery.key, LONGEST_KEY) if delivery.key else None,
        digest=content_hash,
        size=len(delivery.body),
        at=now,
        title=title[:LONGEST_SESSION] if title else None,
        form=delivery.form,
        question=f"omi-{secrets.token_urlsafe(9)}",
        save=save,
        client=delivery.client_name,
        client_id=delivery.client,
        subject=subject,
        signed_at=delivery.signed_at,
    )
