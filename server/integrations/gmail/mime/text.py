"""Text that strangers wrote, made readable and harmless: charsets, HTML, control characters, length."""

import codecs
import html
import json
import re
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header

from server.core.invisible import SPACES, remove_hidden
from server.integrations.gmail.mime.html import read_html

CUT = "[The rest of this mail is too long or too intricate to be shown.]"
LONGEST_SNIPPET = 2000  # characters; Gmail's have 200
_ALIASES = {
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}  # as browsers do
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\\s]+")
_QUOTED = re.compile(r">*")
_ENCODED_WORD = r"=\?[^?@\s]*\?(?:[bB]\?[A-Za-z0-9+/=\s]{0,500}|[qQ]\?(?:[^?]|\?(?!=)){0,500})\?="
_ADDRESS_IN_WORD = re.compile(r"[^\s?=_]+@[^\s?=]+")
_ENCODED_WORDS = re.compile(rf"{_ENCODED_WORD}(?:\s*{_ENCODED_WORD})*")


def decode_text(content: bytes, charset: str = "") -> str:
    """Decode, whatever the content says it is."""
    for name in _candidates(content, find_charset(charset)):
        with suppress(LookupError, ValueError):
            return content.decode(name)
    return _decode_broken(content)


def _candidates(content: bytes, declared: str) -> tuple[str, ...]:
    if not content.isascii():
        return ("utf-8", declared)  # Gmail converts some texts and leaves their old charset; what is plainly UTF-8 is UTF-8
    if declared.startswith(("utf-16", "utf-32")) and 0 not in content:
        return ("ascii",)
    return (declared, "ascii")


def _decode_broken(content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    foreign = sum(not character.isascii() for character in text)
    if text.count("\ufffd") * 4 <= foreign:  # UTF-8 with a few broken characters
        return text
    return content.decode("cp1252", "replace")


def find_charset(name: str) -> str:
    """Find the codec for a charset's name; empty where there is none that one would decode mail with."""
    try:
        codec = codecs.lookup(name.strip().strip("\"'"))
    except (LookupError, ValueError):
        return ""
    return "" if codec.name.replace("_", "-") in _NO_CHARSETS else _ALIASES.get(codec.name, codec.name)


def decode_words(value: str) -> str:
    """Decode the encoded words of a header (RFC 2047), and nothing beside them."""
    return _ENCODED_WORDS.sub(lambda match: _decode_run(match[0]), value)


def _decode_run(words: str) -> str:
    try:
        pieces = decode_header(words)
    except (HeaderParseError, ValueError, IndexError):
        return words
    text = "".join(piece if isinstance(piece, str) else decode_text(piece, charset or "") for piece, charset in pieces)
    return text if all(address in text for address in _ADDRESS_IN_WORD.findall(words)) else words


def one_line(value: str, most: int = 1000) -> str:
    """Make a header fit for one line: nothing in it ends the line, hides text or turns its direction."""
    return shorten(clean_line(decode_words(value[: most * 20])), most)


def clean_line(value: str) -> str:
    """Make text without encoded words fit for one line."""
    return remove_hidden(_BREAKS.sub(" ", sendable(value))).strip()


def clean_text(value: str) -> str:
    """Make a text of several lines fit for an answer."""
    return remove_hidden(keep_text(value)).strip("\n")


def keep_text(value: str) -> str:
    """Make a text fit for the person, who is shown what is hidden in it."""
    return sendable(value.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def keep_line(value: str, most: int = 1000) -> str:
    """Make a header fit for the person, who is shown what is hidden in it."""
    return shorten(join_lines(sendable(decode_words(value[: most * 20]))), most)


def join_lines(value: str) -> str:
    """Make one line of a header's lines; what shows nothing stays."""
    return SPACES.sub(" ", value).strip(" ")


def sendable(value: str) -> str:
    """Replace lone surrogates, which no JSON answer can hold."""
    return value.encode("utf-8", "replace").decode()


def shorten(value: str, most: int) -> str:
    return value if len(value) <= most else value[: most - 1] + "…"


def read_snippet(value: object) -> str:
    """Gmail's snippets are escaped as HTML is."""
    # The cut bounds the digits of a character's number: of more than 4,300 Python makes an error.
    return one_line(html.unescape(value[:LONGEST_SNIPPET]), 300) if isinstance(value, str) else ""


def html_to_text(value: str) -> str:
    """Make text of HTML: links stay, pictures, styles and scripts go."""
    reading = read_html(value)
    return clean_text(f"{reading.text}\n\n{CUT}" if reading.cut else reading.text)


def unflow(text: str, *, delete_space: bool) -> str:
    """Join the lines that were broken for sending (RFC 3676, format=flowed)."""
    lines: list[list[str]] = []  # in pieces, because a long text that grows takes quadratic time
    open_depth = -1
    for line in text.split("\n"):
        depth = len(_QUOTED.match(line)[0])  # type: ignore[index]  # it matches everything
        content = line[depth:].removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        if flows and delete_space:
            content = content[:-1]
        if depth == open_depth and content != "-- ":
            lines[-1].append(content)
        else:
            lines.append([f"{'>' * depth} {content}" if depth else content])
        open_depth = depth if flows else -1
    return "\n".join(map("".join, lines))


def json_length(value: str) -> int:
    """Count the characters of a text in a JSON response."""
    return len(json.dumps(value, ensure_ascii=False))


def cut(text: str, most: int) -> str:
    """Take as much of the beginning as fits into so many characters of an answer."""
    text = text[: max(0, most - 2)]
    while text and (length := json_length(text)) > most:
        text = text[: min(len(text) - 1, len(text) * most // length)]
    return text


def share_out(costs: list[int], budget: int) -> list[int]:
    """Share a budget fairly: who needs little gets all of it, and the others the same each."""
    shares = [0] * len(costs)
    left = budget
    for place, index in enumerate(sorted(range(len(costs)), key=costs.__getitem__)):
        shares[index] = min(costs[index], max(0, left) // (len(costs) - place))
        left -= shares[index]
    return shares
