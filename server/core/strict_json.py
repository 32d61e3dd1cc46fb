"""JSON as RFC 8259 has it.

Plain FastAPI accepts NaN, lone surrogates and 1e999, each of which fails later, in a database or an answer.
"""

import json
import re
from typing import Any

from pydantic_core import from_json

MOST_VALUES = 100_000  # of one text: each is validated, recorded and searched for secrets, while others wait
LONGEST_SEARCHED = 1024 * 1024  # bytes; to write a longer text again takes less than to search it
_PERHAPS_TOO_LARGE = re.compile(rb"\d[eE]|(?<!\d)\d{300}")  # 1e999 is read as infinity


class TooManyValues(ValueError):
    """A text has more values than one may have."""


def parse_json(body: bytes) -> Any:
    """Parse JSON. Raises ValueError with what is wrong, and RecursionError."""
    check_values(body)
    value = from_json(body, allow_inf_nan=False)
    if len(body) > LONGEST_SEARCHED or _PERHAPS_TOO_LARGE.search(body):
        json.dumps(value, allow_nan=False)
    return value


def check_values(body: bytes) -> None:
    """Raises TooManyValues before they are made, which may take seconds for a body of nothing but small values."""
    if len(body) < 2 * MOST_VALUES or count_separators(body) < MOST_VALUES:
        return
    plain = body.replace(rb"\\", b"").replace(rb"\"", b"")
    if plain.count(b'"') > 4 * MOST_VALUES or count_separators(b"".join(plain.split(b'"')[::2])) >= MOST_VALUES:
        raise TooManyValues(f"it has more than {MOST_VALUES} values")


def count_separators(text: bytes) -> int:
    """Count what each value but the first comes after, in a text without strings; with them it is more."""
    return sum(map(text.count, (b",", b"[", b"{")))
