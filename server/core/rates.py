"""Rates of requests, such as 30/minute."""

from functools import lru_cache
from typing import TYPE_CHECKING

from server.core.errors import InvalidInput
from server.core.text import shorten

if TYPE_CHECKING:
    from limits import RateLimitItem

UNLIMITED = "none"
LONGEST_WINDOW = 366 * 24 * 3600  # seconds
MOST_CALLS = 100_000  # in one window, as each call in it is kept in memory


@lru_cache(maxsize=64)
def read_rate(rate: str) -> "RateLimitItem":
    """Read a rate such as 30/minute. Raises ValueError, also for several of them, as only one is counted."""
    from limits import parse_many

    item, *others = parse_many(rate)
    if others or item.get_expiry() > LONGEST_WINDOW:
        raise ValueError(rate)
    return item


def is_rate(rate: str) -> bool:
    """Return whether a client can have this rate: one that can be counted, or none."""
    try:
        return rate == UNLIMITED or 0 < read_rate(rate).amount <= MOST_CALLS
    except ValueError:
        return False


def require_rate(rate: str | None) -> None:
    """Raises InvalidInput for an unknown rate; None is the usual one."""
    if rate is not None and not is_rate(rate):
        raise InvalidInput(
            f"The rate {shorten(rate)!r} is not understood. Give one, counted over a year at most: 30/minute, 500/hour or none."
        )
