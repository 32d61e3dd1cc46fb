"""Reads a delivery of each kind, and says how it is kept."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
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
from server.integrations.omi.store import conversations, day_summaries, transcripts
from server.integrations.omi.store.deliveries import Delivery

LONGEST_KEY = 255
LONGEST_SESSION = 200
TOLD_APART = ("event_id", "timestamp", "id", "created_at")  # what makes two presses of a button two
TOO_DEEP = "This is nested too deep to be a delivery of OMI."
BAD_UID = "The uid has letters, digits, - and _ only, 128 at most, as OMI gives it."


@dataclass(frozen=True)
class Post:
    """A delivery before it is read. `form`: by which address it came, in words. `key`: its Idempotency-Key.

    `signed_at`: by its proven signature, in seconds since 1970.
    `client`, `client_name`: who hands it over; empty where it came from OMI itself.
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
        """The body as it is kept, with every field."""
        return self.body.decode("utf-8", "replace")


def read_post(post: Post, now: str) -> Delivery:
    """Read a delivery that is JSON. Raises InvalidInput. It can take long, so not on the event loop."""
    try:
        data = parse(post.body)
        return READERS[post.kind](post, data, digest(data), now)
    except RecursionError:
        raise InvalidInput(TOO_DEEP) from None


def read_memory(post: Post, data: Any, hashed: str, now: str) -> Delivery:
    """A conversation."""
    told, uid = read_conversation(require_object(data)), choose_uid(post, data)
    keep = partial(conversations.put, uid=uid, told=told, body=post.text, now=now, client=post.client)
    return deliver(post, uid, hashed, now, told.title, keep, told.id)


def read_transcript(post: Post, data: Any, hashed: str, now: str) -> Delivery:
    """What is being said: an object with segments, or the segments alone."""
    body = {"segments": data} if isinstance(data, list) else require_object(data)
    uid = choose_uid(post, body)
    segments = [one for one in read_list(body.get("segments")) if isinstance(one, dict)]
    session = (post.session or read_text(body.get("session_id")) or uid)[:LONGEST_SESSION]
    keep = partial(transcripts.put_all, uid=uid, session=session, told=segments, now=now)
    return deliver(post, uid, digest([session, hashed]), now, None, keep, session)


def read_day(post: Post, data: Any, hashed: str, now: str) -> Delivery:
    """The summary of a day."""
    data = require_object(data)
    uid = choose_uid(post, data)
    told = summaries.describe(data, uid, now) | {"body": post.text}
    headline = read_text(summaries.find_summary(data).get("headline"))
    return deliver(post, uid, hashed, now, headline, partial(day_summaries.put, uid=uid, told=told), told["id"])


def read_press(post: Post, data: Any, hashed: str, now: str) -> Delivery:
    """A press of the button."""
    data = require_object(data)
    uid, event = choose_uid(post, data), read_text(data.get("button_event") or data.get("event"))[:100]
    if not any(data.get(name) for name in TOLD_APART):
        hashed = make_digest(post)
    return deliver(post, uid, hashed, now, event, partial(day_summaries.add_press, uid=uid, event=event, body=post.text, now=now))


READERS: dict[Kind, Callable[[Post, Any, str, str], Delivery]] = {
    Kind.memory: read_memory,
    Kind.transcript: read_transcript,
    Kind.day_summary: read_day,
    Kind.button: read_press,
}


def make_digest(post: Post) -> str:
    """By what a delivery is known again whose content may come twice: by its key alone, where it has one."""
    return digest([post.key or secrets.token_hex(), len(post.body)])


def choose_uid(post: Post, data: Any) -> str:
    """Whose it is: as the address says, else the body. Raises InvalidInput for what OMI would not call anybody."""
    uid = post.uid or read_text(read_object(data).get("uid")) or DEFAULT_UID
    if not re.fullmatch(UID_PATTERN, uid):
        raise InvalidInput(BAD_UID)
    return uid


def deliver(
    post: Post, uid: str, hashed: str, now: str, title: str | None, keep: Callable[..., bool], subject: str = ""
) -> Delivery:
    """Put a delivery together. `subject`: what it tells the state of."""
    return Delivery(
        kind=post.kind,
        uid=uid,
        key=post.key[:LONGEST_KEY] if post.key else None,
        digest=hashed,
        size=len(post.body),
        at=now,
        title=title[:LONGEST_SESSION] if title else None,
        form=post.form,
        question=f"omi-{secrets.token_urlsafe(9)}",
        keep=keep,
        client=post.client_name,
        subject=subject,
        signed_at=post.signed_at,
    )
