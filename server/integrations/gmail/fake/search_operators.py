"""The operators of Gmail's search language: each makes a test of a mail.

Words fit whole words, whatever their case and accents, one after another where they are quoted or joined by punctuation.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from server.integrations.gmail.fake.mail import Mail

Test = Callable[[Mail], bool]

# A date means midnight in California: https://developers.google.com/workspace/gmail/api/guides/filtering
_PACIFIC = timezone(timedelta(hours=-8))
_HEADERS = {"from": ("From",), "to": ("To", "Cc", "Bcc"), "cc": ("Cc",), "bcc": ("Bcc",), "subject": ("Subject",)}
_PLACES = {"drafts": "DRAFT", "starred": "STARRED", "important": "IMPORTANT", "unread": "UNREAD", "chats": "CHAT"} | {
    place.lower(): place for place in ("INBOX", "SENT", "DRAFT", "TRASH", "SPAM")
}
_DAYS = {"d": 1, "m": 30, "y": 365}


@dataclass(frozen=True)
class SearchContext:
    """Whose search it is. `label` answers the id of the label that goes by a name."""

    address: str
    now: datetime
    label: Callable[[str], str]


def make_test(operator: str, value: str, context: SearchContext) -> Test:
    """Answer the test that one operator and its value stand for."""
    test = _OPERATORS[operator](value, context) if operator in _OPERATORS and value else None
    return test or (lambda mail: words_fit(f"{operator} {value}", _everything(mail)))


def _everything(mail: Mail) -> str:
    return "\n".join([mail.header("Subject"), mail.header("From", "To", "Cc"), mail.text, *mail.filenames])


def _in_header(*names: str) -> Callable[[str, SearchContext], Test]:
    def make(value: str, context: SearchContext) -> Test:
        value = context.address if value.lower() == "me" else value
        return lambda mail: words_fit(value, mail.header(*names))

    return make


def _in_place(value: str, context: SearchContext) -> Test:
    name = value.lower()
    if name == "anywhere":
        return lambda _: True
    if name == "archive":
        return lambda mail: not mail.labels & {"INBOX", "SENT", "DRAFT", "TRASH", "SPAM"}
    label = _PLACES.get(name) or context.label(value) or value.upper()
    return lambda mail: label in mail.labels


def _is_state(value: str, _context: SearchContext) -> Test | None:
    name = value.lower()
    if name == "read":
        return lambda mail: "UNREAD" not in mail.labels
    if name not in {"unread", "starred", "important", "sent", "draft"}:
        return None
    return lambda mail: _PLACES[name] in mail.labels


def _has_file(value: str, _context: SearchContext) -> Test:
    ending = f".{value.lower().removeprefix('.')}"
    return lambda mail: any(name.lower().endswith(ending) or words_fit(value, name) for name in mail.filenames)


def _since(sign: int) -> Callable[[str, SearchContext], Test | None]:
    return lambda value, _: _compare(sign, moment) if (moment := read_moment(value)) else None


def _within(sign: int) -> Callable[[str, SearchContext], Test | None]:
    def make(value: str, context: SearchContext) -> Test | None:
        match = re.fullmatch(r"(\d{1,5})([dmyh])", value.lower())
        if not match:
            return None
        span = timedelta(hours=int(match[1])) if match[2] == "h" else timedelta(days=int(match[1]) * _DAYS[match[2]])
        return _compare(sign, max(context.now - span, datetime(1970, 1, 1, tzinfo=UTC))) if span.days < 36500 else None

    return make


def _compare(sign: int, moment: datetime) -> Test:
    limit = int(moment.timestamp() * 1000)
    return lambda mail: mail.received >= limit if sign > 0 else mail.received < limit


def read_moment(value: str) -> datetime | None:
    """Read a date, or seconds since 1970; None for what is neither."""
    if re.fullmatch(r"\d{5,11}", value):
        return datetime.fromtimestamp(int(value), UTC)
    for form in ("%Y/%m/%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(value.replace("-", "/"), form).replace(tzinfo=_PACIFIC)
        except ValueError:
            continue
    return None


def words_fit(wanted: str, text: str) -> bool:
    """Check whether these words stand in the text, one after another."""
    folded, pattern = fold(text), [re.escape(word) for word in re.findall(r"\w+", fold(wanted))]
    if not pattern:
        return True
    middle = r"\W+".join(pattern)
    edges = r"\b" if wanted.isascii() else ""  # Chinese and Japanese put no space between words
    return re.search(edges + middle + edges, folded) is not None


def fold(text: str) -> str:
    """Take away case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(outgoing for outgoing in apart if not unicodedata.combining(outgoing))


_OPERATORS: dict[str, Callable[[str, SearchContext], Test | None]] = {
    name: _in_header(*headers) for name, headers in _HEADERS.items()
} | {
    "in": _in_place,
    "label": _in_place,
    "is": _is_state,
    "has": lambda value, _: (lambda mail: bool(mail.filenames)) if value.lower() == "attachment" else None,
    "filename": _has_file,
    "after": _since(1),
    "newer": _since(1),
    "before": _since(-1),
    "older": _since(-1),
    "newer_than": _within(1),
    "older_than": _within(-1),
}
