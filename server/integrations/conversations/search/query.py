"""The operators of a search in conversations: role:, project:, date:, before:, after:, source: and title:."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from server.core.local_time import start_of_day
from server.integrations.conversations.models import Role, Source
from server.integrations.conversations.store.search import ChatSearch
from server.sdk.text_search import SearchRequest
from server.storage.text_query import Term, parse

NAMES = ("role", "project", "date", "before", "after", "source")
TRANSCRIPTS = "omi"  # a source besides those of conversations
ROLES = {role.value: role for role in Role} | {"me": Role.user, "i": Role.user, "chatgpt": Role.assistant, "ai": Role.assistant}
DATE = re.compile(r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?)?")


@dataclass(frozen=True)
class ParsedSearch:
    """A query. `in_transcripts`: whether it may match what was heard. `sources`: named ones. `is_empty`: it asks for nothing."""

    chats: ChatSearch
    in_chats: bool = True
    in_transcripts: bool = True
    sources: tuple[str, ...] = ()
    is_empty: bool = False

    @property
    def request(self) -> SearchRequest:
        """The words and times."""
        return self.chats.request


def parse_search(text: str, now: float) -> ParsedSearch:
    """Parse a query. An operator with a value that it does not have is searched as words."""
    query = parse(text, NAMES)
    parsed = ParsedSearch(ChatSearch(SearchRequest((), now=now)))
    others: list[Term] = []
    for operator in query.operators:
        applied = APPLY[operator.name](parsed, operator)
        if applied is None:
            others.append(replace(operator, text=f"{operator.name}:{operator.text}", name=""))
        parsed = applied or parsed
    if parsed.sources:
        parsed = replace(
            parsed, in_chats=bool(parsed.chats.sources), in_transcripts=parsed.in_transcripts and TRANSCRIPTS in parsed.sources
        )
    terms = (*query.terms, *others)
    request = replace(parsed.request, terms=terms)
    is_empty = not terms and parsed.chats == ChatSearch(SearchRequest((), now=now)) and parsed.in_chats and parsed.in_transcripts
    return replace(parsed, chats=replace(parsed.chats, request=request), is_empty=is_empty)


def apply_role(parsed: ParsedSearch, term: Term) -> ParsedSearch | None:
    """Narrow to the messages of a role."""
    role = ROLES.get(term.text.lower())
    return replace(extend(parsed, "roles", term, role), in_transcripts=False) if role else None


def apply_project(parsed: ParsedSearch, term: Term) -> ParsedSearch | None:
    """Narrow to a project."""
    return replace(extend(parsed, "projects", term, term.text), in_transcripts=term.excluded and parsed.in_transcripts)


def apply_source(parsed: ParsedSearch, term: Term) -> ParsedSearch | None:
    """Narrow to a source."""
    name = term.text.lower()
    if name == TRANSCRIPTS and term.excluded:
        return replace(parsed, in_transcripts=False)
    if name not in {TRANSCRIPTS, *Source}:
        return None
    narrowed = parsed if name == TRANSCRIPTS else extend(parsed, "sources", term, Source(name))
    return narrowed if term.excluded else replace(narrowed, sources=(*parsed.sources, name))


def extend(parsed: ParsedSearch, name: str, term: Term, value: Any) -> ParsedSearch:
    """Add a value to those of an operator, or to those that it excludes."""
    field = f"without_{name}" if term.excluded else name
    values: dict[str, Any] = {field: (*getattr(parsed.chats, field), value)}
    return replace(parsed, chats=replace(parsed.chats, **values))


def apply_date(parsed: ParsedSearch, term: Term) -> ParsedSearch | None:
    """Narrow to a year, month, day, or two of them with their time between."""
    first, dots, last = term.text.partition("..")
    start, end = read_range(first), read_range(last or first)
    if term.excluded or (first and not start) or (dots and last and not end) or not (start or end):
        return None
    return narrow(parsed, start[0] if start and first else None, end[1] if end and (last or not dots) else None)


def apply_before(parsed: ParsedSearch, term: Term) -> ParsedSearch | None:
    """Narrow to what was before a time began."""
    limits = None if term.excluded else read_range(term.text)
    return narrow(parsed, None, limits[0]) if limits else None


def apply_after(parsed: ParsedSearch, term: Term) -> ParsedSearch | None:
    """Narrow to what has been since a time began."""
    limits = None if term.excluded else read_range(term.text)
    return narrow(parsed, limits[0], None) if limits else None


def narrow(parsed: ParsedSearch, after: float | None, before: float | None) -> ParsedSearch:
    """Narrow the times."""
    request = parsed.request
    if after is not None:
        request = replace(request, after=max(after, request.after or after))
    if before is not None:
        request = replace(request, before=min(before, request.before or before))
    return replace(parsed, chats=replace(parsed.chats, request=request))


def read_range(text: str) -> tuple[float, float] | None:
    """Read a year, month or day in local time: its start and its end, in seconds since 1970. None for what is none."""
    match = DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        start = date(year or 1, month or 1, day or 1)
        if day:
            end = start + timedelta(days=1)
        else:
            end = date(start.year, start.month + 1, 1) if month and month < 12 else date(start.year + 1, 1, 1)
        return to_seconds(start), to_seconds(end)
    except (ValueError, OverflowError, OSError):
        return None


def to_seconds(day: date) -> float:
    """Return when a day begins."""
    return max(0.0, start_of_day(day).timestamp())


APPLY: dict[str, Callable[[ParsedSearch, Term], ParsedSearch | None]] = {
    "role": apply_role,
    "project": apply_project,
    "source": apply_source,
    "date": apply_date,
    "before": apply_before,
    "after": apply_after,
}
