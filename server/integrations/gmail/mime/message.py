"""Reads a mail as Gmail's API hands it out: a tree of parts that strangers made, of which nothing is taken for granted.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages#Message.MessagePart
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from server.core.errors import TooLarge
from server.core.items import convert_item
from server.integrations.gmail.mime.addresses import ParsedAddress, parse_addresses
from server.integrations.gmail.mime.text import clean_line, one_line, shorten

DEEPEST = 100
_NOT_READ = {"text/calendar", "text/x-amp-html", "text/watch-html"}
_CALENDARS = {"text/calendar", "application/ics"}
LONGEST_PARAMETERS = 5000  # of a header such as Content-Type: Python takes quadratic time for them
LONGEST_SHOWN = 20_000  # characters of an address header that are parsed for display; an action takes all, or is refused
LONGEST_ADDRESSES = 250_000  # more than 500 recipients need
LONGEST_ENTRY = 320
_MORE = re.compile(r"… and (\d{1,9}) more")
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

    def addresses(self, *names: str, clean: Callable[[str], str] = clean_line) -> list[ParsedAddress]:
        """Parse all occurrences of address headers such as To. Raises TooLarge rather than leave one out."""
        values = [value for name in names for value in self.all(name)]
        if sum(map(len, values)) > LONGEST_ADDRESSES:
            raise TooLarge("This mail names more people than a mail can be sent to. Write to those you mean with send_mail.")
        return parse_addresses(values, clean=clean)

    def parameter(self, name: str, parameter: str) -> str:
        """A parameter of a header, such as Content-Type's charset."""
        message = Message()
        message[name] = self.get(name)[:LONGEST_PARAMETERS]
        try:
            value = message.get_param(parameter, "", name)
        except (ValueError, IndexError, TypeError):
            return ""
        return str(value[2] if isinstance(value, tuple) else value)


@dataclass(frozen=True)
class Part:
    """A part of a mail. `id` says where it stands in the tree: Gmail's ids of attachments are long, and new in each answer.

    `incomplete`: something of it is not here, and Gmail's answer does not say where it could be fetched.
    """

    id: str
    media_type: str
    name: str
    size: int
    headers: Headers
    data: bytes | None
    gmail_id: str
    parts: tuple["Part", ...] = ()
    incomplete: bool = False

    @property
    def is_attachment(self) -> bool:
        """True if mail programs show it as an attached file."""
        if self.name or self.is_declared_attachment:
            return True
        kind = self.media_type.partition("/")[0]
        return kind not in {"text", "multipart"} or self.media_type == "text/calendar"

    @property
    def is_declared_attachment(self) -> bool:
        """True if its sender wants it to be shown as an attached file."""
        return self.headers.get("Content-Disposition").strip().lower().startswith("attachment")

    @property
    def is_named_text(self) -> bool:
        """True if it is text with a file name, which may be the text of the mail."""
        return bool(self.name) and self.media_type in {"text/plain", "text/html"} and not self.is_declared_attachment

    @property
    def is_calendar(self) -> bool:
        """True if it is an iCalendar file, such as an invitation."""
        return self.media_type in _CALENDARS or self.name.lower().endswith(".ics")

    @property
    def is_text(self) -> bool:
        """True if mail programs show it as the mail's text."""
        return not self.is_attachment and self.media_type.startswith("text/") and self.media_type not in _NOT_READ

    @property
    def file_name(self) -> str:
        """The name to show, never empty."""
        if self.name:
            return self.name
        if self.is_calendar:
            return "invite.ics"
        if self.media_type.startswith("text/"):
            return f"text-{self.id}.{'html' if self.media_type == 'text/html' else 'txt'}"
        return f"message-{self.id}.eml" if self.media_type == "message/rfc822" else f"attachment-{self.id}"


def read_parts(payload: Any, place: str = "0", depth: int = 0) -> Part:
    """Read the tree below a payload; what is deeper than a hundred levels is left out."""
    payload = payload if isinstance(payload, dict) else {}
    headers = read_headers(payload)
    body = payload.get("body")
    body = body if isinstance(body, dict) else {}
    data = decode_base64url(body.get("data"))
    size = body.get("size")
    media_type = _text(payload.get("mimeType")).lower() or "text/plain"
    inner = payload.get("parts")
    enclosed = media_type == "message/rfc822" or depth >= DEEPEST or not isinstance(inner, list)
    empty_container = media_type.startswith("multipart/") and data is None and (enclosed or not inner)
    return Part(
        id=place,
        media_type=one_line(media_type, 120),
        name=one_line(_text(payload.get("filename")), 255),
        size=size if isinstance(size, int) and size >= 0 else len(data or b""),
        headers=headers,
        data=data,
        gmail_id=_text(body.get("attachmentId")),
        parts=() if enclosed else tuple(_read_child(child, f"{place}-{index}", depth + 1) for index, child in enumerate(inner)),
        incomplete=empty_container or bool(body.get("data") and not data),
    )


def _read_child(payload: Any, place: str, depth: int) -> Part:
    """Read a part within another. One that cannot be read is a file without content."""
    unreadable = Part(place, "application/octet-stream", "", 0, Headers(), None, "", incomplete=True)
    return convert_item(payload, lambda payload: read_parts(payload, place, depth), lambda _: unreadable)


def read_headers(payload: Any) -> Headers:
    """Read the headers of a payload."""
    headers = payload.get("headers") if isinstance(payload, dict) else None
    pairs = (header for header in headers if isinstance(header, dict)) if isinstance(headers, list) else ()
    return Headers(tuple((_text(header.get("name")).lower(), _text(header.get("value"))) for header in pairs))


def walk(part: Part) -> Iterator[Part]:
    """All parts, in the order in which they stand in the mail."""
    yield part
    for inner in part.parts:
        yield from walk(inner)


def find_attachments(part: Part) -> list[Part]:
    """The attached files."""
    return [inner for inner in walk(part) if inner.is_attachment]


def read_people(headers: Headers, name: str, most: int = 50) -> list[str]:
    """Write everybody in a header, with a remark in the end where there are too many."""
    values = headers.all(name)
    entries = [entry for value in values for entry in _parse_beginning(value)]
    people = [str(replace(entry, name=shorten(entry.name, LONGEST_ENTRY))) for entry in entries]
    more = sum(value.count("@") for value in values) - sum(str(entry).count("@") for entry in entries)
    if more > 0 and any(len(value) > LONGEST_SHOWN for value in values):
        people.append(f"… and {more} more")
    return limit_list(people, most)


def _parse_beginning(value: str) -> list[ParsedAddress]:
    """Parse the beginning of a long address header, for display only. An address that the end cuts is left out."""
    entries = parse_addresses([value[:LONGEST_SHOWN]])
    return entries if len(value) <= LONGEST_SHOWN else entries[:-1]


def limit_list(entries: Sequence[str], most: int) -> list[str]:
    """Write the first of a list, with a remark in the end if there are more."""
    if len(entries) <= most:
        return list(entries)
    earlier = _MORE.fullmatch(entries[-1])
    count = len(entries) - most + 1 + (int(earlier[1]) - 1 if earlier else 0)
    return [*entries[: most - 1], f"… and {count} more"]


def shorten_person(person: str, most: int) -> str:
    """Shorten the name of somebody, never the address, which would be somebody else's."""
    if len(person) <= most:
        return person
    name, space, address = person.rpartition(" <") if person.endswith(">") else ("", "", person)
    if len(address) + len("… <") > most:
        return "… (too long to show)"
    return f"{shorten(name, most - len(space + address))}{space}{address}"


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
