"""One mail as Gmail keeps it, and the ways in which Gmail's API describes it.

The payload is what https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages says, with three habits
that only show in use: header values come decoded, text comes as UTF-8 whatever the Content-Type beside it still says, and an
attachment's id is another one in every answer.
"""

import base64
import html
import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from functools import cached_property
from typing import Any, TypeAlias

from server.integrations.gmail.fake.google import GoogleError, JsonObject

Part: TypeAlias = "Message[str, str]"  # at run time it takes no parameters

_ENCODED_WORDS = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?]*\?=(?:\s+=\?[^?\s]+\?[bqBQ]\?[^?]*\?=)*")
_LONGEST_PARAMETERS = 5000
_LONGEST_WORDS = 20_000
_LONGEST_INLINE = 50_000  # bytes of a text that the answer holds
_NO_CHARSETS = {"idna", "punycode"}  # slow, and no mail has them
_TAG = re.compile(r"(<[^<>]*>)")
_UNSHOWN = re.compile(r"<(/?)(script|style|head)\b", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9a-fA-F]{9,});?")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_SNIPPET_LENGTH = 200
_DEEPEST = 50
_DEEPEST_PARSED = 100


@dataclass
class Mail:
    """A mail: its bytes with CRLF line ends, and what Gmail knows of it. `received` is in milliseconds since 1970."""

    id: str
    thread_id: str
    raw: bytes
    received: int
    labels: set[str] = field(default_factory=set)

    @cached_property
    def parsed(self) -> Part:
        return parse_mail(self.raw)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        return list(read_headers(self.parsed))

    @cached_property
    def text(self) -> str:
        """The words of the mail: its plain text, or its HTML without the tags."""
        texts = [(part.get_content_type(), read_text(part)) for part in walk(self.parsed) if is_text(part)]
        plain = [text for kind, text in texts if kind != "text/html"]
        return "\n".join(plain or [strip_tags(text) for _, text in texts])

    @cached_property
    def filenames(self) -> list[str]:
        return [name for part in walk(self.parsed) if (name := file_name(part))]

    @cached_property
    def snippet(self) -> str:
        words = " ".join(self.text.split())
        if len(words) > _SNIPPET_LENGTH:
            words = words[:_SNIPPET_LENGTH].rpartition(" ")[0] or words[:_SNIPPET_LENGTH]
        return html.escape(words).replace("&#x27;", "&#39;")

    def header(self, *names: str) -> str:
        """Answer the decoded values of these headers, joined by commas; empty without them."""
        folded = {name.casefold() for name in names}
        return ", ".join(value for name, value in self.headers if name.casefold() in folded)

    @cached_property
    def references(self) -> set[str]:
        """The Message-IDs that it says it follows."""
        return set(_MESSAGE_ID.findall(self.header("References", "In-Reply-To")))

    @cached_property
    def message_ids(self) -> set[str]:
        """Its own Message-ID."""
        return set(_MESSAGE_ID.findall(self.header("Message-ID")))


class BoundedPolicy(Compat32):
    """Cuts the headers that describe a part: Python takes quadratic time for their parameters."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_PARAMETERS] if name.lower().startswith("content-") else value


def parse_mail(raw: bytes) -> Part:
    """Parse a mail; of one that is nested too deep only the headers."""
    policy = BoundedPolicy()
    with suppress(RecursionError):
        parsed = message_from_bytes(raw, policy=policy)
        if not is_too_deep(parsed):
            return parsed
    return message_from_bytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=policy)


def is_too_deep(part: Part) -> bool:
    """Check whether parts are nested deeper than Python can walk through."""
    level = [part]
    for _ in range(_DEEPEST_PARSED):
        level = [child for above in level if above.is_multipart() for child in above.get_payload()]  # type: ignore[misc]
    return bool(level)


def describe_mail(mail: Mail, form: str = "full", only_headers: Collection[str] = ()) -> JsonObject:
    """Answer Gmail's Message in one of its formats: minimal, full, raw or metadata (perhaps with these headers only)."""
    shape: JsonObject = {"id": mail.id, "threadId": mail.thread_id}
    if mail.labels:
        shape["labelIds"] = sorted(mail.labels)
    shape["snippet"] = mail.snippet
    if form == "full":
        shape["payload"] = describe_part(mail.parsed)
    elif form == "metadata":
        names = {name.casefold() for name in only_headers}
        shown = [(name, value) for name, value in mail.headers if not names or name.casefold() in names]
        shape["payload"] = {"mimeType": mail.parsed.get_content_type()} | ({"headers": _pairs(shown)} if shown else {})
    elif form == "raw":
        shape["raw"] = encode(mail.raw)
    return shape | {"sizeEstimate": len(mail.raw), "internalDate": str(mail.received)}


def describe_part(part: Part, part_id: str = "") -> JsonObject:
    """Answer Gmail's MessagePart, with the parts below it."""
    shape: JsonObject = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": file_name(part),
        "headers": _pairs(read_headers(part)),
        "body": describe_body(part, part_id),
    }
    children = children_of(part)
    if children and part_id.count(".") < _DEEPEST:
        prefix = f"{part_id}." if part_id else ""
        shape["parts"] = [describe_part(child, f"{prefix}{place}") for place, child in enumerate(children)]
    return shape


def describe_body(part: Part, part_id: str) -> JsonObject:
    """Answer Gmail's MessagePartBody: text stands in it unless it is long, anything else is fetched by its id."""
    if part.get_content_maintype() == "multipart":
        return {"size": 0}
    content = read_content(part)
    if not is_text(part) or len(content) > _LONGEST_INLINE:
        found_by = encode(os.urandom(150) + f"|{part_id}".encode()).rstrip("=")  # never the same twice, as with Gmail
        return {"attachmentId": f"ANGjdJ{found_by}", "size": len(content)}
    return {"size": len(content), "data": encode(content)} if content else {"size": 0}


def find_attachment(mail: Mail, attachment_id: str) -> bytes:
    """Answer the content of the attachment with this id."""
    try:
        noise, _, place_of_it = decode(attachment_id.removeprefix("ANGjdJ")).rpartition(b"|")
        part, part_id = mail.parsed, place_of_it.decode("ascii") if noise else "none"
        for place in part_id.split(".") if part_id else ():
            part = children_of(part)[int(place)]
    except (ValueError, IndexError):
        raise GoogleError(400, "Invalid attachment token") from None
    return read_content(part)


def children_of(part: Part) -> list[Part]:
    """Answer the parts right below this one; a forwarded mail's parts are its own."""
    if not part.is_multipart():
        return []
    below: list[Part] = part.get_payload()  # type: ignore[assignment]  # is_multipart() says it is a list
    if part.get_content_type() == "message/rfc822":
        return [child for mail in below for child in (children_of(mail) or [mail])]
    return below


def walk(part: Part) -> Iterator[Part]:
    """Go through a mail's parts, but not into a mail that it carries."""
    yield part
    if part.get_content_maintype() == "multipart":
        for child in children_of(part):
            yield from walk(child)


def is_text(part: Part) -> bool:
    """Check whether Gmail shows this part as text, rather than as something attached."""
    return part.get_content_maintype() == "text" and not file_name(part) and not part.is_multipart()


def file_name(part: Part) -> str:
    """Answer the decoded file name; an attachment without one is called noname, as Gmail does."""
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, TypeError):  # RFC 2231 that is broken, or with a charset that nobody knows
        name = ""
    named = decode_words(_from_wire(name))
    return named or ("noname" if part.get_content_disposition() == "attachment" else "")


def read_content(part: Part) -> bytes:
    """Answer a part's content: text as UTF-8 with CRLF, a carried mail as its bytes, anything else as it was attached."""
    if part.is_multipart():
        below: list[Part] = part.get_payload()  # type: ignore[assignment]  # is_multipart() says it is a list
        return b"\r\n".join(mail.as_bytes() for mail in below)
    if is_text(part):
        return re.sub("\r?\n", "\r\n", read_text(part)).encode("utf-8", "replace")
    content: Any = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def read_text(part: Part) -> str:
    """Answer the decoded text of a part."""
    content: Any = part.get_payload(decode=True)
    try:
        charset = part.get_param("charset")
    except (LookupError, ValueError, TypeError):  # RFC 2231 that is broken
        charset = None
    return to_text(content, charset) if isinstance(content, bytes) else ""


def read_headers(part: Part, only: str = "") -> Iterator[tuple[str, str]]:
    """Go through the headers as they stand, each value unfolded and decoded. `only`: the name of those that are wanted."""
    for name, value in part.raw_items():
        if only and name.casefold() != only.casefold():
            continue
        yield name, decode_words(re.sub(r"\r?\n(?=[ \t])", "", _from_wire(str(value)))).strip()


def decode_words(text: str) -> str:
    """Decode the encoded words of RFC 2047; what is none stays as it stands."""

    def decode_run(match: re.Match[str]) -> str:
        if len(match[0]) > _LONGEST_WORDS:  # decoding them takes quadratic time
            return match[0]
        try:
            pieces = decode_header(match[0])
        except HeaderParseError:  # broken base64
            return match[0]
        return "".join(piece if isinstance(piece, str) else to_text(piece, charset) for piece, charset in pieces)

    return _ENCODED_WORDS.sub(decode_run, text)


def to_text(content: bytes, charset: object) -> str:
    """Decode by the charset that is named, or else by what it most likely is; never fails."""
    name = str(charset or "").strip().casefold()
    guesses = ("utf-8", "windows-1252") if name in {"", "us-ascii", "ascii", "iso-8859-1", "latin-1"} else ()
    for guess in guesses:
        try:
            return content.decode(guess)
        except ValueError:
            continue
    if name in _NO_CHARSETS:
        name = ""
    try:
        return content.decode(name or "utf-8", "replace").encode("utf-8", "replace").decode()  # some make lone surrogates
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def strip_tags(markup: str) -> str:
    """Answer the words between the tags."""
    words: list[str] = []
    inside = ""
    for piece in _TAG.split(markup):
        unshown = _UNSHOWN.match(piece)
        if unshown and not inside and not unshown[1]:
            inside = unshown[2].casefold()
        elif unshown and unshown[1] and unshown[2].casefold() == inside:
            inside = ""
        elif not inside:
            words.append(" " if _TAG.fullmatch(piece) else piece)
    return html.unescape(_LONG_NUMBER.sub("\ufffd", "".join(words)))


def encode(content: bytes) -> str:
    """Encode as Google's JSON has it: base64url."""
    return base64.urlsafe_b64encode(content).decode()


def decode(text: str) -> bytes:
    """Decode base64url, with or without padding and in either alphabet; ValueError for what is none."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _from_wire(value: str) -> str:
    return to_text(value.encode("utf-8", "surrogateescape"), None)


def _pairs(headers: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[JsonObject]:
    return [{"name": name, "value": value} for name, value in headers]
