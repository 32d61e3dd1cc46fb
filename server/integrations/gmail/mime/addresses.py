"""Parse address headers (RFC 5322, section 3.4) without losing an address, whatever the sender of a mail wrote into one.

Not email.utils.getaddresses: since the fix of CVE-2023-27043 it returns [("", "")] for a whole header that it cannot parse, and
earlier releases return something else. https://github.com/python/cpython/issues/102988
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from server.integrations.gmail.mime.text import clean_line, decode_words

LONGEST_ADDRESS = 320  # 64 for the local part, 255 for the domain (RFC 5321, section 4.5.3.1)
_ADDRESS = re.compile(r'[^\s"(),:;<>@\[\]\\]+@[^\s"(),:;<>@\[\]\\]+')
_WORD = re.compile(r'[^\s"(),:;<>\[\]\\]+')
_SPECIALS = re.compile(r'[<>()"\\:;]')
_HIDING = re.compile(r"[,;<>]")  # beside an address in parentheses: a server that knows no comments would deliver to it
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# A quoted string begins a word: the quotation mark in `5" pipes <a@example.com>` is part of the name. No part backtracks, so a
# hostile header takes linear time.
_TOKEN = re.compile(
    r'(?P<quoted>(?<![^\s,;:>)])"(?:[^"\\]++|\\.)*+")'
    r"|(?P<bracketed><[^<>]*+>)"
    r"|(?P<separator>[,;:])"
    r"|(?P<space>\s+)"
    r'|(?P<text>[^\s"<(,;:]++|.)',
    re.DOTALL,
)


@dataclass(frozen=True)
class ParsedAddress:
    """One entry of an address header: a display name and an address.

    If no address could be read, `address` is empty and `name` is the entry itself. `well_formed`: it can be split from the others
    in one way only; an entry that is not must not be sent as it stands. `alternatives`: addresses in an unquoted name, where the
    grammar does not allow them, so that a mail server may deliver to them too.
    """

    name: str
    address: str = ""
    well_formed: bool = True
    alternatives: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name and self.address else self.address or self.name


@dataclass(frozen=True)
class _Token:
    """`kind`: quoted, bracketed, separator, space, text, comment, or stray (a separator that the grammar does not allow)."""

    kind: str
    text: str


def parse_addresses(values: Iterable[str], *, clean: Callable[[str], str] = clean_line) -> list[ParsedAddress]:
    """Parse all occurrences of an address header. Encoded words are decoded after splitting, for they may hold commas.

    `clean`: makes names fit for their reader.
    """
    return [
        replace(entry, name=clean(decode_words(entry.name)))
        for value in values
        for entry in _parse_header(value)
        if entry.address or clean(decode_words(entry.name))
    ]


def _parse_header(value: str) -> Iterator[ParsedAddress]:
    """Parse a header. Names are as they stand there."""
    words: list[_Token] = []  # "Doe, " of "Doe, Jane <jane@example.com>": Gmail decoded the name, and quotes it had none
    for tokens, separator in _split_entries(value):
        named = any(token.kind == "bracketed" for token in tokens)
        if not named and separator == "," and not any("@" in token.text for token in tokens) and _join(tokens):
            words += [*tokens, _Token("stray", separator)]
            continue
        if words and not named:
            yield from _parse_entry(words[:-1])
            words = []
        yield from _parse_entry([*words, *tokens])
        words = []


def _split_entries(value: str) -> Iterator[tuple[list[_Token], str]]:
    """Split a header at its commas and semicolons, the name of a group left out; each entry with the separator after it."""
    tokens = list(_tokenize(value))
    semicolons = sum(token == _Token("separator", ";") for token in tokens)
    entry: list[_Token] = []
    in_group = False
    for token in tokens:
        if token.kind != "separator":
            entry.append(token)
        elif token.text == ":":
            plain = all(part.kind != "bracketed" and "@" not in part.text and not _is_odd(part) for part in entry)
            if semicolons and not in_group and plain and _join(entry):
                entry, in_group = [], True
            else:
                entry.append(_Token("text", ":"))
        else:
            if token.text == ";":
                entry += [] if in_group else [_Token("stray", "")]
                semicolons, in_group = semicolons - 1, False
            if _join(entry):
                yield entry, token.text
            entry = []
    yield entry, ""


def _tokenize(value: str) -> Iterator[_Token]:
    comments = _find_comments(value)
    position = visible_until = 0
    while match := _TOKEN.match(value, position):
        token = _Token(match.lastgroup or "text", match[0])
        end = comments.get(position, 0)
        if end and position >= visible_until:
            text = value[position:end]
            if "@" in text and _HIDING.search(text):
                visible_until = end
            else:
                token = _Token("comment", text)
        yield token
        position += len(token.text)


def _find_comments(value: str) -> dict[int, int]:
    """Find where each comment begins and ends; comments nest, and a quotation mark in one is an ordinary character."""
    opened: list[int] = []
    comments: dict[int, int] = {}
    escaped = False
    for position, character in enumerate(value if "(" in value else ""):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = bool(opened)
        elif character == "(":
            opened.append(position)
        elif character == ")" and opened:
            comments[opened.pop()] = position + 1
    return comments


def _is_odd(token: _Token) -> bool:
    """Check for a special character that nothing closes or that the grammar does not allow there."""
    return token.kind == "stray" or (token.kind == "text" and _SPECIALS.search(token.text) is not None)


def _parse_entry(tokens: Sequence[_Token]) -> Iterator[ParsedAddress]:
    """Parse one entry; an empty one gives nothing."""
    last = max((index for index, token in enumerate(tokens) if token.kind == "bracketed"), default=-1)
    before, after = tokens[: max(last, 0)], tokens[last + 1 :]
    bare = _join([_Token("space", " ") if token.kind == "comment" else token for token in after])
    address = tokens[last].text[1:-1].strip() if last >= 0 else bare
    if _is_address(address) and (last < 0 or not bare):
        well_formed = not any(_is_odd(token) for token in tokens) and not any(token.kind == "bracketed" for token in before)
        unquoted = "".join(token.text for token in before if token.kind in {"text", "space"})
        alternatives = tuple(word for word in _WORD.findall(unquoted) if _is_address(word))
        yield ParsedAddress(_read_name(before, after), address, well_formed=well_formed, alternatives=alternatives)
    elif text := _join(tokens):
        yield ParsedAddress(text, well_formed=False)


def _is_address(text: str) -> bool:
    """Check for one address that is shown as it is sent: with no encoded word, invisible or undecodable character."""
    plain = len(text) <= LONGEST_ADDRESS and "\ufffd" not in text and clean_line(decode_words(text)) == text
    return plain and _ADDRESS.fullmatch(text) is not None


def _read_name(before: Sequence[_Token], after: Sequence[_Token]) -> str:
    words = [token for token in before if token.kind != "space"]
    name = _unquote(words[0].text) if len(words) == 1 and words[0].kind == "quoted" else _join(before)
    comments = [token.text for token in after if token.kind == "comment"]
    if not name:
        comments = [_unquote(comment) for comment in comments]
    return " ".join([name, *comments])


def _unquote(text: str) -> str:
    return _QUOTED_PAIR.sub(r"\1", text[1:-1])


def _join(tokens: Iterable[_Token]) -> str:
    return "".join(token.text for token in tokens).strip()
