"""Reads a mail as Gmail's API hands it out: a tree of parts that strangers made, of which nothing is taken for granted.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages#Message.MessagePart
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from server.integrations.gmail.mime.addresses import ParsedAddress, parse_addresses
from server.integrations.gmail.mime.text import clean_text, decode_text, html_to_text, one_line, shorten, unflow

DEEPEST = 30
_NOT_READ = {"text/calendar", "text/x-amp-html", "text/watch-html"}
LONGEST_HEADER = 20_000
LONGEST_ENTRY = 320
RawHeaders = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Headers:
    """A part's headers. Names are compared without regard to case; what is not there is empty."""

    pairs: RawHeaders = ()

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name.lower()]

    def get(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def line(self, name: str, most: int = 1000) -> str:
        """A header as one harmless line."""
        return one_line(self.get(name), most)

    def addresses(self, *names: str) -> list[ParsedAddress]:
        """Parse all occurrences of address headers such as To."""
        return parse_addresses(value for name in names for value in self.all(name))

    def parameter(self, name: str, parameter: str) -> str:
        """A parameter of a header, such as Content-Type's charset."""
        message = Message()
        message[name] = self.get(name)
        try:
            value = message.get_param(parameter, "", name)
        except (ValueError, IndexError, TypeError):
            return ""
        return str(value[2] if isinstance(value, tuple) else value)


@dataclass(frozen=True)
class Part:
    """A part of a mail. `id` says where it stands in the tree: Gmail's ids of attachments are long, and new in each answer."""

    id: str
    media_type: str
    name: str
    size: int
    headers: Headers
    data: bytes | None
    gmail_id: str
    parts: tuple["Part", ...] = ()

    @property
    def is_attachment(self) -> bool:
        """True if mail programs show it as an attached file."""
        if self.name or self.headers.get("Content-Disposition").strip().lower().startswith("attachment"):
            return True
        kind = self.media_type.partition("/")[0]
        return kind not in {"text", "multipart"} or self.media_type == "text/calendar"

    @property
    def is_text(self) -> bool:
        """True if mail programs show it as the mail's text."""
        return not self.is_attachment and self.media_type.startswith("text/") and self.media_type not in _NOT_READ

    @property
    def file_name(self) -> str:
        """The name to show, never empty."""
        if self.name:
            return self.name
        return f"message-{self.id}.eml" if self.media_type == "message/rfc822" else f"attachment-{self.id}"


def read_parts(payload: Any, place: str = "0", depth: int = 0) -> Part:
    """Read the tree below a payload; what is deeper than thirty levels is left out."""
    payload = payload if isinstance(payload, dict) else {}
    headers = read_headers(payload)
    body = payload.get("body")
    body = body if isinstance(body, dict) else {}
    data = decode_base64url(body.get("data"))
    size = body.get("size")
    media_type = _text(payload.get("mimeType")).lower() or "text/plain"
    inner = payload.get("parts")
    enclosed = media_type == "message/rfc822" or depth >= DEEPEST or not isinstance(inner, list)
    return Part(
        id=place,
        media_type=one_line(media_type, 120),
        name=one_line(_text(payload.get("filename")), 255),
        size=size if isinstance(size, int) and size >= 0 else len(data or b""),
        headers=headers,
        data=data,
        gmail_id=_text(body.get("attachmentId")),
        parts=() if enclosed else tuple(read_parts(child, f"{place}-{index}", depth + 1) for index, child in enumerate(inner)),
    )


def read_headers(payload: Any) -> Headers:
    """Read the headers of a payload."""
    headers = payload.get("headers") if isinstance(payload, dict) else None
    pairs = (header for header in headers if isinstance(header, dict)) if isinstance(headers, list) else ()
    return Headers(tuple((_text(header.get("name")).lower(), _text(header.get("value"))[:LONGEST_HEADER]) for header in pairs))


def walk(part: Part) -> Iterator[Part]:
    """All parts, in the order in which they stand in the mail."""
    yield part
    for inner in part.parts:
        yield from walk(inner)


def find_attachments(part: Part) -> list[Part]:
    """The attached files."""
    return [inner for inner in walk(part) if inner.is_attachment]


def find_detached_texts(part: Part) -> list[Part]:
    """The texts that Gmail hands out separately, because they are long."""
    return [inner for inner in walk(part) if inner.is_text and inner.data is None and inner.gmail_id]


@dataclass(frozen=True)
class Reading:
    """A mail's text. `html`: it was made from HTML."""

    text: str = ""
    html: bool = False


def read_text(part: Part, fetched: Mapping[str, bytes]) -> Reading:
    """Read a mail's text: plain where there is some, else from HTML. `fetched`: what was fetched separately, by the part's id."""
    if part.is_attachment:
        return Reading()
    if part.is_text:
        return _read_leaf(part, part.data if part.data is not None else fetched.get(part.id, b""))
    if part.media_type == "multipart/related":
        return next((reading for inner in part.parts if (reading := read_text(inner, fetched)).text), Reading())
    readings = [reading for inner in part.parts if (reading := read_text(inner, fetched)).text]
    if part.media_type == "multipart/alternative":
        return next((reading for reading in readings if not reading.html), readings[0] if readings else Reading())
    return Reading("\n\n".join(reading.text for reading in readings), any(reading.html for reading in readings))


def _read_leaf(part: Part, content: bytes) -> Reading:
    text = decode_text(content, part.headers.parameter("Content-Type", "charset"))
    if part.media_type == "text/html":
        return Reading(html_to_text(text), html=True)
    text = clean_text(text)
    if part.headers.parameter("Content-Type", "format").lower() == "flowed":
        text = unflow(text, delete_space=part.headers.parameter("Content-Type", "delsp").lower() == "yes")
    return Reading(text if text.strip() else "")


def read_people(headers: Headers, name: str, most: int = 50) -> list[str]:
    """Write everybody in a header, with a remark in the end where there are too many."""
    people = [str(replace(entry, name=shorten(entry.name, LONGEST_ENTRY))) for entry in headers.addresses(name)]
    return people if len(people) <= most else [*people[: most - 1], f"… and {len(people) - most + 1} more"]


def read_date(value: str, received: Any) -> str:
    """Write a Date header in UTC; without a readable one, when Gmail got the mail; else what it says."""
    with suppress(ValueError, TypeError, OverflowError, IndexError):
        moment = parsedate_to_datetime(value)
        return _write_date(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    with suppress(ValueError, TypeError, OverflowError, OSError):
        return _write_date(datetime.fromtimestamp(int(received) / 1000, UTC))
    return one_line(value, 100)


def _write_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def decode_base64url(value: Any) -> bytes | None:
    """Decode base64url as Gmail writes it, without padding; None where there is nothing, empty where it is broken."""
    if not isinstance(value, str):
        return None
    try:
        return base64.urlsafe_b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return b""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
