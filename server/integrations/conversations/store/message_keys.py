"""Keys of messages: numbers in the order of time, so that the newest and those of a time are ranges of rowids.

A key is the whole second since 1970 * 64 + the next number. A second with more messages takes numbers of the ones after it.
"""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from server.integrations.conversations.store.tables import message

PER_SECOND = 64
STEP = 1_024  # keys that are looked at in one step when a second is full
HIGHEST = (
    "SELECT value, (SELECT max(key) FROM chat_message WHERE key >= value AND key < value + 64) AS highest"
    " FROM json_each(?) WHERE highest IS NOT NULL"
)
USED = select(message.c.key).where(message.c.key >= bindparam("first"), message.c.key < bindparam("end"))


def first_key(second: float) -> int:
    """Return the first key of a second, which ends a range of what was before it."""
    return max(int(second) * PER_SECOND, 1)


def allocate_keys(connection: Connection, seconds: Sequence[int]) -> list[int]:
    """Allocate a key for each of many messages (of one or more conversations), in the order of their seconds.

    The same seconds get the same keys if the same messages are stored. The caller inserts all of them in this transaction.
    """
    following = {second: second * PER_SECOND or 1 for second in sorted(set(seconds))}  # as `first_key`, without a call for each
    highest_keys = connection.exec_driver_sql(HIGHEST, (json.dumps(list(following.values())),))
    following |= {first // PER_SECOND: highest + 1 for first, highest in highest_keys}
    keys, taken = [0] * len(seconds), set[int]()
    for place in sorted(range(len(seconds)), key=seconds.__getitem__):
        second = seconds[place]
        key = following[second]
        if key in taken or key >= (second + 1) * PER_SECOND:
            key = find_free(connection, key, taken)
        keys[place], following[second] = key, key + 1
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
