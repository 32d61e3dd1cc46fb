"""Positions in the list of conversations that both databases make together."""

from bisect import bisect_right
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from server.integrations.conversations.library.models import ChatFilter, ListPlace
from server.integrations.conversations.store.reading import conditions_after, filter_chats
from server.integrations.conversations.store.tables import conversation

LISTED = conversation.c.temporary.is_(False)
COUNT = select(func.count()).select_from(conversation).where(LISTED)
PLACES = (
    select(conversation.c.updated_at, conversation.c.key)
    .where(LISTED)
    .order_by(conversation.c.updated_at.desc(), conversation.c.key.desc())
)


def list_places(connection: Connection, chats: ChatFilter, limit: int, offset: int = 0, *, imported: bool) -> list[ListPlace]:
    """List the places of conversations of this database, the last changed first."""
    rows = connection.execute(PLACES.where(*filter_chats(chats)).limit(limit).offset(offset))
    return [ListPlace(updated_at=row.updated_at, imported=imported, key=row.key) for row in rows]


def find_place(
    connection: Connection, chats: ChatFilter, others: Sequence[ListPlace], position: int, *, imported: bool
) -> ListPlace | None:
    """Find the place at a position of the list that this database and the others make. `others`: the first of those, in order."""
    total = count_after(connection, chats, None, imported=imported)

    def locate(index: int) -> int:
        return index + total - count_after(connection, chats, others[index], imported=imported)

    ahead = bisect_right(range(len(others)), position, key=locate)
    if ahead and locate(ahead - 1) == position:
        return others[ahead - 1]
    return next(iter(list_places(connection, chats, 1, position - ahead, imported=imported)), None)


def count_after(connection: Connection, chats: ChatFilter, place: ListPlace | None, *, imported: bool) -> int:
    """Count the conversations of this database that follow a place."""
    statement = COUNT.where(*filter_chats(chats))
    ranges = conditions_after(place, imported=imported)
    return sum(int(connection.execute(statement.where(condition)).scalar_one()) for condition in ranges)


def count_since(connection: Connection, chats: ChatFilter, times: Sequence[float]) -> dict[float | None, int]:
    """Count the conversations that were changed at or after each time; for None, those with any time."""
    statement = COUNT.where(*filter_chats(chats))
    counts: dict[float | None, int] = {}
    total, end = 0, None
    for time in (*sorted(set(times), reverse=True), None):
        begun = conversation.c.updated_at.is_not(None) if time is None else conversation.c.updated_at >= time
        condition = begun if end is None else begun & (conversation.c.updated_at < end)
        total += int(connection.execute(statement.where(condition)).scalar_one())
        counts[time], end = total, time
    return counts
