"""Reads a mail from its own bytes, as a draft holds it: everything that will go out, attachments included."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import errors, message_from_bytes
from email.message import Message
from email.policy import Compat32

from server.core.errors import InvalidInput
from server.integrations.gmail.mime.compose import File
from server.integrations.gmail.mime.message import LONGEST_PARAMETERS, Headers
from server.integrations.gmail.mime.text import clean_text, decode_text, decode_words, html_to_text, one_line, shorten

_SHOWN = ("From", "To", "Cc", "Bcc", "Reply-To")
_RECIPIENTS = ("To", "Cc", "Bcc")
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
    texts: tuple[str, ...]
    html: tuple[str, ...]
    files: tuple[File, ...]
    broken_headers: bool = False

    @property
    def subject(self) -> str:
        return self.headers.line("Subject")

    @property
    def recipients(self) -> str:
        """Everybody who would get it."""
        return ", ".join(map(str, self.headers.addresses(*_RECIPIENTS)))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Addresses it goes to, without names. An entry that is no address stands for itself, so that none is left out."""
        entries = self.headers.addresses(*_RECIPIENTS)
        return tuple(
            dict.fromkeys(address for entry in entries for address in (entry.address or entry.name, *entry.alternatives))
        )

    def require_clear_recipients(self) -> None:
        """Raises InvalidInput if a mail server may deliver it to somebody else than `addresses`."""
        if self.broken_headers:
            raise InvalidInput(
                "A header of this draft is malformed, so it is not certain who would get it. Write it anew with update_draft."
            )
        for entry in self.headers.addresses(*_RECIPIENTS):
            if not entry.well_formed:
                raise InvalidInput(
                    f"This draft names {shorten(str(entry), 200)!r} as a recipient, which is not a plain mail address. "
                    "Name its recipients anew with update_draft."
                )

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Fields of the approval request."""
        people = [(name, ", ".join(map(str, self.headers.addresses(name)))) for name in _SHOWN]
        return (
            *((name, shown) for name, shown in people if shown),
            ("Subject", self.subject),
            *(("Body", text) for text in self.texts),
            *(("HTML part", text) for text in self.html),
            *(("Attachment", str(file)) for file in self.files),
        )


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
    leaves = list(walk(message))
    texts = tuple(clean_text(read_leaf(leaf)) for leaf in leaves if kind_of(leaf) == "text/plain")
    html = tuple(html_to_text(read_leaf(leaf)) for leaf in leaves if kind_of(leaf) == "text/html")
    files = tuple(
        File(file_name(leaf, place), leaf.get_content_type(), leaf_content(leaf))
        for place, leaf in enumerate(leaves, 1)
        if kind_of(leaf) == "file"
    )
    return RawMail(headers, texts, html, files, any(isinstance(defect, _BROKEN_HEADERS) for defect in message.defects))


def read_header(value: str) -> str:
    """Unfold a header's value. What is no ASCII is UTF-8 (RFC 6532); Python hands it out as surrogates."""
    return " ".join(decode_text(value.encode("utf-8", "surrogateescape")).split())


def walk(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order; a mail within the mail is one of them."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from walk(part)


def kind_of(part: Message) -> str:
    """text/plain, text/html or file."""
    attached = part.get_content_disposition() == "attachment" or bool(file_name_given(part))
    kind = part.get_content_type()
    return kind if kind in {"text/plain", "text/html"} and not attached else "file"


def read_leaf(part: Message) -> str:
    """The text of a part."""
    charset = part.get_param("charset", "")
    return decode_text(leaf_content(part), charset if isinstance(charset, str) else charset[2])


def leaf_content(part: Message) -> bytes:
    """The bytes of a part."""
    if part.is_multipart():
        return b"\r\n".join(mail.as_bytes() for mail in part.get_payload() if isinstance(mail, Message))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def file_name_given(part: Message) -> str:
    try:
        return one_line(decode_words(part.get_filename() or ""), 255)
    except (LookupError, ValueError, TypeError):
        return ""


def file_name(part: Message, place: int) -> str:
    """The name of a file, never empty."""
    return file_name_given(part) or f"attachment-{place}"
