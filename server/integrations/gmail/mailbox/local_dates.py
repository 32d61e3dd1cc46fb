"""Dates of a search as the person means them: Gmail takes them for days of California (support.google.com/mail/answer/7190)."""

import re
from contextlib import suppress
from datetime import date

from server.core.local_time import start_of_day

QUOTED = re.compile(r'("[^"]*"?)')
DATED = re.compile(r"(?<![\w:])((?:after|before|newer|older):)(\d{1,4})([/-])(\d{1,2})\3(\d{1,4})(?![\w/-])", re.IGNORECASE)


def localize_dates(query: str) -> str:
    """Replace each date by the second at which it begins here. Quoted words, and what is no date, stay."""
    parts = QUOTED.split(query)
    return "".join(part if place % 2 else DATED.sub(to_seconds, part) for place, part in enumerate(parts))


def to_seconds(match: re.Match[str]) -> str:
    """Convert one date: year first, or month first with the year at the end, as Gmail reads them."""
    operator, first, _, middle, last = match.groups()
    with suppress(ValueError, OverflowError, OSError):
        if len(first) == 4 and len(last) <= 2:
            day = date(int(first), int(middle), int(last))
        elif len(last) == 4 and len(first) <= 2:
            day = date(int(last), int(first), int(middle))
        else:
            return match[0]
        return f"{operator}{int(start_of_day(day).timestamp())}"
    return match[0]
