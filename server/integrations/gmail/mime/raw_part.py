"""Reads a part of a mail from its own bytes, and says what of it cannot be shown."""

from dataclasses import dataclass
from email.message import Message

from server.integrations.gmail.mime.compose import File
from server.integrations.gmail.mime.html import HtmlText, read_html
from server.integrations.gmail.mime.text import decode_text, find_charset, keep_line, keep_text

_ENCODINGS = {"", "7bit", "8bit", "binary", "base64", "quoted-printable"}
_SHOWN_OTHERWISE = "mail programs may show it as text"


@dataclass(frozen=True)
class RawPart:
    """A part that holds something. `kind`: text/plain, text/html or file.

    `text`: what it shows; `unshown`: what it may show beside that; `source`: all of it, decoded.
    """

    number: int
    kind: str
    media_type: str
    text: str = ""
    source: str = ""
    unshown: tuple[str, ...] = ()
    file: File | None = None


def read_part(part: Message, number: int) -> RawPart:
    """Read a part. Never raises."""
    kind, media_type, content = kind_of(part), part.get_content_type(), leaf_content(part)
    charset = part.get_param("charset", "")
    charset = charset if isinstance(charset, str) else charset[2]
    if kind == "file":
        file = File(file_name_given(part) or f"attachment-{number}", media_type, content)
        unshown = (_SHOWN_OTHERWISE,) if is_shown_inline(part) else ()
        return RawPart(number, kind, media_type, "", decode_text(content, charset) if unshown else "", unshown, file)
    source = decode_text(content, charset)
    reading = read_html(source) if kind == "text/html" else HtmlText(source)
    unclear = () if is_clear(part, content, charset, source) else ("its encoding is unclear",)
    return RawPart(number, kind, media_type, keep_text(reading.text), source, (*reading.unshown, *unclear))


def kind_of(part: Message) -> str:
    """text/plain, text/html or file."""
    attached = part.get_content_disposition() == "attachment" or bool(file_name_given(part))
    kind = part.get_content_type()
    return kind if kind in {"text/plain", "text/html"} and not attached else "file"


def is_shown_inline(part: Message) -> bool:
    """True if mail programs may show the text of a file as part of the mail."""
    return part.get_content_disposition() != "attachment" and part.get_content_maintype() in {"text", "message", "multipart"}


def is_clear(part: Message, content: bytes, charset: str, text: str) -> bool:
    """True if every mail program reads the same text in a part."""
    if part.defects or part.get("Content-Transfer-Encoding", "").strip().lower() not in _ENCODINGS:
        return False
    if any(len(part.get_all(name, [])) > 1 for name in ("Content-Type", "Content-Transfer-Encoding")):
        return False
    codec = find_charset(charset)
    plain = content.isascii() and b"\x1b" not in content
    if codec == "utf-7" or not (plain or codec or (not charset and part.get_content_type() == "text/plain")):
        return False  # of HTML without a charset, browsers look for one inside
    try:
        return content.decode(codec or "utf-8") == text
    except (LookupError, ValueError):
        return False


def leaf_content(part: Message) -> bytes:
    """The bytes of a part."""
    if part.is_multipart():
        return b"\r\n".join(mail.as_bytes() for mail in part.get_payload() if isinstance(mail, Message))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def file_name_given(part: Message) -> str:
    """The name of a file; empty if it has none."""
    try:
        return keep_line(part.get_filename() or "", 255)
    except (LookupError, ValueError):
        return ""
