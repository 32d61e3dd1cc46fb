"""Reads a mail from its own bytes, as a draft holds it: everything that will go out, attachments included."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from email import errors, message_from_bytes
from email.message import Message
from email.policy import Compat32

from server.core.domains import show_address
from server.core.errors import InvalidInput
from server.integrations.gmail.mime.addresses import ParsedAddress
from server.integrations.gmail.mime.compose import warn_of_domains, warn_of_links
from server.integrations.gmail.mime.message import LONGEST_PARAMETERS, Headers
from server.integrations.gmail.mime.outgoing_html import rebuild
from server.integrations.gmail.mime.raw_part import RawPart, has_clear_type, read_part
from server.integrations.gmail.mime.text import decode_text, join_lines, keep_line, sendable, shorten

BROKEN = "its structure is broken, so mail programs may show something else"
LONGEST_SUBJECT = 100_000
LONGEST_SOURCE = 2_000_000
_RECIPIENTS = ("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc", "Apparently-To")
_RECEIPTS = ("Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To", "Errors-To")
_SHOWN = ("From", "Sender", "Resent-From", "Resent-Sender", *_RECIPIENTS, "Reply-To", *_RECEIPTS)
_PREAMBLE = re.compile(r"\s*(?:This is a multi-?part message in MIME format\.?)?\s*", re.IGNORECASE)
# Where Python's parser takes the rest of the headers for the body, or leaves a line out, a mail server may find a recipient.
_BROKEN_HEADERS = (
    errors.FirstHeaderLineIsContinuationDefect,
    errors.InvalidHeaderDefect,
    errors.MisplacedEnvelopeHeaderDefect,
    errors.MissingHeaderBodySeparatorDefect,
)


@dataclass(frozen=True)
class RawMail:
    """A mail as its bytes have it."""

    headers: Headers
    parts: tuple[RawPart, ...]
    broken_headers: bool = False

    @property
    def subject(self) -> str:
        return keep_line(self.headers.get("Subject"), LONGEST_SUBJECT)

    @property
    def unshown(self) -> tuple[RawPart, ...]:
        """Parts that the fields do not show completely."""
        return tuple(part for part in self.parts if part.unshown)

    @property
    def source(self) -> str:
        """These parts in full."""
        return "\n\n".join(f"Part {part.number}, {part.media_type}:\n{part.source}" for part in self.unshown)

    def list_people(self, *names: str) -> list[ParsedAddress]:
        """List the entries of address headers, names with what is hidden in them."""
        return self.headers.addresses(*names, clean=clean_name)

    def describe_unshown(self) -> str:
        """Name what the fields do not show."""
        named = [f"part {part.number} ({part.media_type}): {', '.join(part.unshown)}" for part in self.unshown]
        return f"{'; '.join(named)}. Open these parts in full before you allow this."

    def render(self) -> str:
        """The HTML, if there is one part of it, and it is harmless as it is; else nothing."""
        sources = [part.source for part in self.parts if part.kind == "text/html"]
        if len(sources) != 1:
            return ""
        with suppress(InvalidInput):
            rebuilt = rebuild(sources[0])
            return rebuilt.source if rebuilt and not rebuilt.removed else ""
        return ""

    @property
    def recipients(self) -> str:
        """Everybody who would get it."""
        return ", ".join(map(str, self.list_people(*_RECIPIENTS)))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Addresses it goes to, without names. An entry that is no address stands for itself, so that none is left out."""
        entries = self.list_people(*_RECIPIENTS)
        addresses = (address for entry in entries for address in (entry.address or entry.name, *entry.alternatives))
        return tuple(dict.fromkeys(map(show_address, addresses)))

    def require_clear_recipients(self) -> None:
        """Raises InvalidInput if a mail server may deliver it to somebody else than `addresses`."""
        if self.broken_headers:
            raise InvalidInput(
                "A header of this draft is malformed, so it is not certain who would get it. Write it anew with update_draft."
            )
        for entry in self.list_people(*_RECIPIENTS):
            if not entry.well_formed:
                raise InvalidInput(
                    f"This draft names {shorten(str(entry), 200)!r} as a recipient, which is not a plain mail address. "
                    "Name its recipients anew with update_draft."
                )

    def require_showable(self) -> None:
        """Raises InvalidInput if the person cannot be shown all of it, not even in full."""
        if len(self.source) > LONGEST_SOURCE:
            raise InvalidInput("A part of this draft is too long to be shown, so it cannot be approved here. Send it in Gmail.")

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Fields of the approval request."""
        people = [(name, ", ".join(map(show_entry, self.list_people(name)))) for name in _SHOWN]
        domains = (entry.address for name in _SHOWN for entry in self.list_people(name) if entry.address)
        return (
            *((name, shown) for name, shown in people if shown),
            *warn_of_domains(domains),
            *(("Subject", keep_line(subject, LONGEST_SUBJECT)) for subject in self.headers.all("Subject") or [""]),
            *(("Body", part.text) for part in self.parts if part.kind == "text/plain"),
            *(("HTML part", part.text) for part in self.parts if part.kind == "text/html"),
            *warn_of_links(*(part.text for part in self.parts)),
            *(("Attachment", str(part.file)) for part in self.parts if part.file),
        )


def clean_name(name: str) -> str:
    """Make a name one line for the person, who is shown what is hidden in it."""
    return join_lines(sendable(name))


def show_entry(entry: ParsedAddress) -> str:
    """An entry of an address header with its domain as punycode."""
    return str(replace(entry, address=show_address(entry.address)) if entry.address else entry)


class _Strict(Compat32):
    """Refuses long headers that describe a part: Python takes quadratic time for their parameters."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower().startswith("content-") and len(value) > LONGEST_PARAMETERS:
            raise ValueError
        return name, value


def read_raw(content: bytes) -> RawMail:
    """Read a mail from its bytes. Raises InvalidInput if that is not possible, for example because it is nested too deep."""
    try:
        return _read_raw(content)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise InvalidInput("This draft cannot be read here, so it is not certain what would be sent. Open it in Gmail.") from None


def _read_raw(content: bytes) -> RawMail:
    message = message_from_bytes(content, policy=_Strict())
    headers = Headers(tuple((name.lower(), read_header(value)) for name, value in message.raw_items()))
    parts = [read_part(leaf, number) for number, leaf in enumerate(walk(message), 1)]
    if not all(map(is_clear_container, message.walk())):
        parts.append(RawPart(len(parts) + 1, "whole", "the whole mail", source=decode_text(content), unshown=(BROKEN,)))
    return RawMail(headers, tuple(parts), any(isinstance(defect, _BROKEN_HEADERS) for defect in message.defects))


def is_clear_container(part: Message) -> bool:
    """True if every mail program reads the same parts in a multipart, and nothing beside them."""
    if part.get_content_maintype() != "multipart":
        return True
    beside = all(_PREAMBLE.fullmatch(text or "") for text in (part.preamble, part.epilogue))
    return beside and has_clear_type(part) and not part.defects


def read_header(value: str) -> str:
    """Unfold a header's value. What is no ASCII is UTF-8 (RFC 6532); Python hands it out as surrogates."""
    return join_lines(decode_text(value.encode("utf-8", "surrogateescape")))


def walk(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order; a mail within the mail is one of them."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from walk(part)
