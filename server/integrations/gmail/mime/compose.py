"""Builds mails: addresses are checked, a header is one line, and what the person is shown is what goes out."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, field
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import quote
from functools import cached_property
from itertools import islice
from typing import Any

from server.core.domains import explain_domain, find_hosts, show_address
from server.core.errors import InvalidInput, TooLarge
from server.integrations.gmail.mime.addresses import ParsedAddress, parse_addresses
from server.integrations.gmail.mime.outgoing_html import OutgoingHtml
from server.integrations.gmail.mime.text import keep_text

LARGEST_MAIL = 35_000_000  # Gmail takes 35 MB: https://developers.google.com/workspace/gmail/api/guides/uploads
MOST_RECIPIENTS = 500
MOST_EXPLAINED = 500  # domains
LONGEST_SEARCHED = 2_000_000  # characters in which domains of links are looked for
LONGEST_LINE = 78
LONGEST_NAME = 200
LONGEST_WORD = 60  # that fits into a line of a header beside its name
MOST_REFERENCES = 50
_STRUCTURE = {"mime-version", "content-type", "content-transfer-encoding"}
_ADDRESS_HEADERS = {"to", "cc", "bcc"}
_ID_HEADERS = {"in-reply-to", "references"}
_IDS = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,100}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,100}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")  # atoms (RFC 5322)


@dataclass(frozen=True)
class Person:
    """Somebody who gets a mail. `ascii`: the address as older mail servers want it; empty where it cannot be written so."""

    address: str
    name: str = ""
    ascii: str = ""

    def __post_init__(self) -> None:
        # Python decodes encoded words (RFC 2047) in what it is given to write, line ends included, so no name may hold one.
        object.__setattr__(self, "name", self.name.replace("=?", "= ?"))

    def __str__(self) -> str:
        return f"{self.name} <{self.shown}>" if self.name else self.shown

    @property
    def shown(self) -> str:
        """The address as people are shown it."""
        return show_address(self.address)

    def header(self) -> str:
        """Write it for an address header. Raises ValueError if the name is not one line."""
        address = self.ascii or self.address
        if not self.name:
            return address
        if _CONTROLS.search(self.name):
            raise ValueError
        name = self.name
        if not name.isascii():
            name = Header(name, "utf-8").encode(linesep="\r\n")
        elif not _PLAIN_NAME.fullmatch(name):
            name = f'"{quote(name)}"'
        space = " " if len(name) + len(address) < LONGEST_LINE else "\r\n "
        return f"{name}{space}<{address}>"


@dataclass(frozen=True)
class File:
    """A file that is attached. `link`: the address that it came from, if the caller chose that."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    link: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.name}, {len(self.content)} bytes, SHA-256 {self.sha256}"

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class OutgoingMail:
    """A mail to send, with everything settled. `sender`: an address from which `account` may send."""

    sender: str
    to: tuple[Person, ...]
    subject: str
    body: str
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    html: OutgoingHtml | None = None
    files: tuple[File, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    account: str = ""

    def recipients(self) -> tuple[Person, ...]:
        return (*self.to, *self.cc, *self.bcc)

    def addresses(self) -> tuple[str, ...]:
        """Addresses it goes to, without names."""
        return tuple(dict.fromkeys(person.shown for person in self.recipients()))

    def links(self) -> tuple[str, ...]:
        """Addresses that the caller chose, of files in it."""
        return tuple(file.link for file in self.files if file.link)

    @property
    def rendered(self) -> str:
        """The HTML for the approval request; empty if there is none."""
        return self.html.source if self.html else ""

    def describe(self, message: str) -> str:
        """Add to a message what was removed of this mail."""
        return f"{message.rstrip('.')}. {self.html.note}" if self.html and self.html.note else message

    def seal(self) -> str:
        """Hash everything that goes out but the HTML, which is a part of the Effect; what the person is not shown included."""
        people = [[(person.name, person.address) for person in group] for group in (self.to, self.cc, self.bcc)]
        files = [(str(file), file.media_type) for file in self.files]
        mail = [self.sender, people, self.subject, self.body, files, self.in_reply_to, self.references]
        return hashlib.sha256(json.dumps(mail).encode("ascii")).hexdigest()

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Fields of the approval request, as the recipients will see them."""
        people = [("To", self.to), ("Cc", self.cc), ("Bcc", self.bcc)]
        return (
            ("Account", self.account or self.sender),
            ("From", self.sender),
            *((name, ", ".join(map(str, group))) for name, group in people if group),
            *warn_of_domains(person.address for person in self.recipients()),
            ("Subject", self.subject),
            ("Body", self.body),
            *((("HTML part", keep_text(self.html.text)),) if self.html else ()),
            *warn_of_links(self.body, self.html.text if self.html else ""),
            *((("Removed", self.html.note),) if self.html and self.html.note else ()),
            *(line for file in self.files for line in (("Attachment", str(file)), ("Download from", file.link)) if line[1]),
        )


class _Policy(EmailPolicy):
    """Writes some headers itself.

    Python encodes a long message id as if it were foreign text, which breaks the thread. And it decodes encoded words (RFC 2047)
    in a subject before it writes it: `=?utf-8?q?=0d=0aBcc:_eve?=` would become a header of its own. Of two recipients some
    releases make one: they encode the comma between them. https://github.com/python/cpython/issues/100884
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if name.lower() in {"subject", *_ADDRESS_HEADERS}:
            return name, value
        parsed: tuple[str, Any] = super().header_store_parse(name, value)
        return parsed

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in _ADDRESS_HEADERS:
            return f"{name}: {value}{self.linesep}"
        if name.lower() in _ID_HEADERS:
            return f"{name}: " + f"{self.linesep} ".join(read_ids(value)) + self.linesep
        if name.lower() == "subject":
            plain = value.isascii() and "=?" not in value and all(len(word) < LONGEST_WORD for word in value.split())
            charset = "us-ascii" if plain else "utf-8"
            return f"{name}: {Header(value, charset, header_name=name).encode(linesep=self.linesep)}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")


def compose(outgoing: OutgoingMail) -> bytes:
    """Write a mail. Raises TooLarge and InvalidInput."""
    foreign = any(not person.ascii for person in outgoing.recipients())
    message = EmailMessage(_Policy(linesep="\r\n", cte_type="7bit", utf8=foreign))
    try:
        _write_headers(message, outgoing)
    except ValueError:
        raise InvalidInput("A header of this mail cannot be written. Use plain names, and a subject of one line.") from None
    message.set_content(outgoing.body)
    if outgoing.html:
        message.add_alternative(outgoing.html.source, subtype="html")
    for file in outgoing.files:
        kind, _, form = file.media_type.partition("/")
        if kind in {"multipart", "message"}:  # these would have to be parsed to be attached
            kind, form = "application", "octet-stream"
        message.add_attachment(file.content, maintype=kind, subtype=form, filename=file.name)
    content = message.as_bytes()
    check_head(content, outgoing)
    if len(content) > LARGEST_MAIL:
        raise TooLarge(f"With its attachments this mail has {len(content) // 1_000_000} MB, and Gmail takes 35 MB.")
    return content


def check_head(content: bytes, outgoing: OutgoingMail) -> None:
    """See that a mail has the headers it should have and no other, whatever was written into one. Raises InvalidInput."""
    lines = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.partition(b":")[0].decode("ascii", "replace").lower() for line in lines if line[:1] not in {b" ", b"\t"}]
    people = [name for name, value in (("to", outgoing.to), ("cc", outgoing.cc), ("bcc", outgoing.bcc)) if value]
    thread = [name for name, value in (("in-reply-to", outgoing.in_reply_to), ("references", outgoing.references)) if value]
    if sorted(set(names) - _STRUCTURE) != sorted(["from", "subject", *people, *thread]) or len(names) != len(set(names)):
        raise InvalidInput("A header of this mail cannot be written. Use plain names, and a subject of one line.")


def _write_headers(message: EmailMessage, outgoing: OutgoingMail) -> None:
    message["From"] = outgoing.sender
    for name, people in (("To", outgoing.to), ("Cc", outgoing.cc), ("Bcc", outgoing.bcc)):
        if people:
            message[name] = ",\r\n ".join(person.header() for person in people)
    message["Subject"] = outgoing.subject
    if outgoing.in_reply_to:
        message["In-Reply-To"] = outgoing.in_reply_to
    if outgoing.references:
        message["References"] = " ".join(outgoing.references)


def check_subject(subject: str) -> str:
    """Refuse what could end the line and begin another header."""
    if _CONTROLS.search(subject):
        raise InvalidInput("The subject must be one line without control characters.")
    return subject.strip()


def check_media_type(media_type: str) -> str:
    """Refuse what is no media type."""
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise InvalidInput("A media_type is something like application/pdf or text/csv.")
    return media_type.lower()


def read_people(values: Iterable[str], field_name: str) -> tuple[Person, ...]:
    """Read addresses, each with or without a name, several with commas between. Nobody is named twice."""
    people: dict[str, Person] = {}
    for value in values:
        if _CONTROLS.search(value):
            raise InvalidInput(f"{field_name}: {value[:200]!r} is no list of mail addresses.")
        for entry in parse_addresses([value]):
            if not entry.well_formed or len(entry.name) > LONGEST_NAME:
                hint = " Put a name with commas or other special characters in quotation marks." if entry.address else ""
                raise InvalidInput(f"{field_name}: {str(entry)[:200]!r} is no mail address.{hint}")
            person = validate_person(entry, field_name)
            people.setdefault(person.address.casefold(), person)
    return tuple(people.values())


def validate_person(entry: ParsedAddress, field_name: str) -> Person:
    """Check that a mail can be sent to an address. Raises InvalidInput."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validated = validate_email(entry.address, check_deliverability=False)
    except (EmailNotValidError, ValueError, IndexError) as error:
        raise InvalidInput(f"{field_name}: {str(entry)[:200]!r} is no mail address. {str(error)[:200]}") from None
    return Person(validated.normalized, entry.name, validated.ascii_email or "")


def check_recipients(people: Sized) -> None:
    """Gmail takes 500 at most."""
    if len(people) > MOST_RECIPIENTS:
        raise InvalidInput(f"A mail goes to {MOST_RECIPIENTS} people at most, and this one names {len(people)}.")


def read_ids(value: Any) -> list[str]:
    """Read the message ids in a header; the first and the newest where there are too many."""
    ids = _IDS.findall(str(value))
    return ids if len(ids) <= MOST_REFERENCES else [ids[0], *ids[1 - MOST_REFERENCES :]]


def name_recipients(people: tuple[Person, ...]) -> str:
    """Name who gets a mail, for a sentence."""
    named = ", ".join(person.shown for person in people[:3])
    return f"{named} and {len(people) - 3} more" if len(people) > 3 else named or "nobody yet"


def warn_of_domains(addresses: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Explain the internationalized addresses among these, for the approval request."""
    addresses = list(addresses)
    for address in dict.fromkeys(addresses):
        if not address.rpartition("@")[0].isascii():
            yield "Warning", f"{address} has letters of another alphabet before the @. It can look like another address."
    yield from warn_of_hosts(address.rpartition("@")[2].lower() for address in addresses)


def warn_of_links(*texts: str) -> Iterator[tuple[str, str]]:
    """Explain the internationalized domains to which links in a mail lead, for the approval request."""
    yield from warn_of_hosts(host for text in texts for host in find_hosts(text[:LONGEST_SEARCHED]))
    if any(len(text) > LONGEST_SEARCHED for text in texts):
        yield "Warning", "A text is so long that not all of its links were looked at."


def warn_of_hosts(hosts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Explain internationalized domains; after the first of many it is enough to say that there are more."""
    explained = filter(None, map(explain_domain, dict.fromkeys(hosts)))
    yield from (("Warning", sentence) for sentence in islice(explained, MOST_EXPLAINED))
    if next(explained, None):
        yield "Warning", "Further links lead to domains in other letters."
