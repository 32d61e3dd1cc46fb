"""Reads a part of a mail from its own bytes, and says what of it cannot be shown."""

import re
from dataclasses import dataclass
from email.message import Message

from server.integrations.gmail.mime.compose import File
from server.integrations.gmail.mime.html import HtmlText, read_html
from server.integrations.gmail.mime.text import decode_text, find_charset, keep_line, keep_text

_ENCODINGS = {"", "7bit", "8bit", "binary", "base64", "quoted-printable"}
_DESCRIBING = ("Content-Type", "Content-Transfer-Encoding")
_CALENDARS = {"text/calendar", "application/ics"}
_PAGES = {"application/xhtml+xml", "application/xml", "image/svg+xml"}
# Charsets that all know alike. In others, such as HZ or ISO-2022-KR, the bytes of other words are plain ASCII.
_CLEAR = {
    *("ascii", "utf-8", "cp874", "cp932", "cp949", "euc_jp", "iso2022_jp", "gb18030", "big5", "koi8-r", "koi8-u"),
    *(f"cp{number}" for number in range(1250, 1259)),
    *(f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
}
_MARKS = (b"\xfe\xff", b"\xff\xfe")  # browsers take these for UTF-16, whatever the header says
_INNER_CHARSET = re.compile(r"(?:charset|encoding)\s*=\s*[\"']?\s*([^\s\"'/>;?]*)", re.IGNORECASE)
_BROKEN_ESCAPE = re.compile(r"=(?![0-9A-Fa-f]{2}|\r?\n)")  # each program repairs it in its own way
_SHOWN_OTHERWISE = "mail programs may show it as text"


@dataclass(frozen=True)
class RawPart:
    """A part that holds something. `kind`: text/plain, text/html, file, or whole for the mail itself.

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
    kind = part.get_content_type()
    if kind in _CALENDARS or file_name_given(part).lower().endswith(".ics"):
        return True  # as an invitation
    attached = part.get_content_disposition() == "attachment" and is_read_one_way(part, "Content-Disposition")
    return not attached and (part.get_content_maintype() in {"text", "message", "multipart"} or kind in _PAGES)


def is_clear(part: Message, content: bytes, charset: str, text: str) -> bool:
    """True if every mail program reads the same text in a part."""
    encoding = part.get("Content-Transfer-Encoding", "").strip().lower()
    if part.defects or encoding not in _ENCODINGS or not has_clear_type(part):
        return False
    if encoding == "quoted-printable" and _BROKEN_ESCAPE.search(str(part.get_payload())):
        return False
    codecs = [find_charset(charset)] if charset else find_inner_charsets(part, text)
    if not _CLEAR.issuperset(codecs) or content.startswith(_MARKS):
        return False
    if not codecs and part.get_content_type() == "text/html" and not (content.isascii() and b"\x1b" not in content):
        return False  # browsers guess
    try:
        return all(content.decode(codec) == text for codec in codecs or ["utf-8"])
    except ValueError:
        return False


def find_inner_charsets(part: Message, text: str) -> list[str]:
    """Find the charsets that HTML without a declared one names itself, where browsers look for one."""
    names = _INNER_CHARSET.findall(text) if part.get_content_type() == "text/html" else []
    return [find_charset(name) for name in names]


def has_clear_type(part: Message) -> bool:
    """True if every mail program reads the same type and encoding in the headers of a part."""
    named = str(part.get("Content-Type", part.get_content_type())).partition(";")[0].strip().lower()
    return named == part.get_content_type() and all(is_read_one_way(part, name) for name in _DESCRIBING)


def is_read_one_way(part: Message, name: str) -> bool:
    """True if a header stands there once at most, and each of its parameters too."""
    names = [key.partition("*")[0].lower() for key, _ in part.get_params([], name)]
    return len(part.get_all(name, [])) <= 1 and len(names) == len(set(names))


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
