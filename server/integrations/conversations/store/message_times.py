"""Times of messages in whole seconds, of which `message_keys` makes their keys."""

from collections.abc import Sequence
from math import isfinite

LATEST_SECOND = 7_258_118_400  # the year 2200


def fill_times(times: Sequence[float | None], fallback: float | None = None) -> list[int]:
    """Convert the times of a conversation's messages, in their order, into whole seconds.

    One without a possible time takes that of the one before it, else of the first that has one, else `fallback`, else 1970.
    """
    seconds = [to_second(time) for time in times]
    latest = next((second for second in seconds if second is not None), to_second(fallback) or 0)
    filled = []
    for second in seconds:
        latest = latest if second is None else second
        filled.append(latest)
    return filled


def to_second(time: float | None) -> int | None:
    """Return the whole second of a time; None if it cannot be that of a message."""
    if time is None or not isfinite(time) or not 0 <= time < LATEST_SECOND:
        return None
    return int(time)
