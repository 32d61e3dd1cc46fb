"""Keys of messages: numbers in the order of time, so that the newest and those of a time are ranges of rowids.

A key is the whole second since 1970 * 64 + the next number. A second with more messages takes numbers of the ones after it.
"""

import json
from collections.abc import Sequence
from math import isfinite

from sqlalchemy import Connection, bindparam, select

from server.integrations.conversations.store.tables import message

PER_SECOND = 64
LATEST_SECOND = 7_258_118_400  # the year 2200
STEP = 1_024  # keys that are looked at in one step when a second is full
HIGHEST = (
    "SELECT value, (SELECT max(key) FROM chat_message WHERE key >= value AND key < value + 64) AS highest"
    " FROM json_each(?) WHERE highest IS NOT NULL"
)
USED = select(message.c.key).where(message.c.key >= bindparam("first"), message.c.key < bindparam("end"))


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


def first_key(second: float) -> int:
    """Return the first key of a second, which ends a range of what was before it."""
    return max(int(second) * PER_SECOND, 1)


def allocate_keys(connection: Connection, seconds: Sequence[int]) -> list[int]:
    """Allocate a key for each of many messages (of one or more conversations), in the order of their seconds.

    The same seconds get the same keys if the same messages are stored. The caller inserts all of them in this transaction.
    """
    firsts = {second: first_key(second) for second in sorted(set(seconds))}
    following = dict(zip(firsts.values(), firsts.values(), strict=True))
    following |= {first: highest + 1 for first, highest in connection.exec_driver_sql(HIGHEST, (json.dumps(list(following)),))}
    keys, taken = [0] * len(seconds), set[int]()
    for place in sorted(range(len(seconds)), key=seconds.__getitem__):
        first = firsts[seconds[place]]
        key = following[first]
        if key in taken or key >= first - first % PER_SECOND + PER_SECOND:
            key = find_free(connection, key, taken)
        keys[place], following[first] = key, key + 1
        taken.add(key)
    return keys


def find_free(connection: Connection, key: int, taken: set[int]) -> int:
    """Find the first free key from a number on; those in `taken` are about to be stored."""
    while True:
        used = set(connection.execute(USED, {"first": key, "end": key + STEP}).scalars())
        for candidate in range(key, key + STEP):
            if candidate not in used and candidate not in taken:
                return candidate
        key += STEP
