"""Positions in the list of conversations: what begins at an offset, and how many are newer than a time."""

from collections import Counter
from collections.abc import Sequence

from server.core.errors import Unavailable
from server.integrations.conversations.library.library import Library, RowPage
from server.integrations.conversations.library.models import ChatCounts, ChatFilter, ChatList, ListPlace
from server.integrations.conversations.store import positions, reading

EMPTY = RowPage([], None, 0)


async def list_from(library: Library, chats: ChatFilter, offset: int, limit: int) -> ChatList:
    """List a page of conversations after so many."""
    if not offset:
        return await library.list_chats(chats, None, limit)
    place = await find_place(library, chats, offset - 1)
    return await library.view_rows(await library.list_rows(chats, place, limit) if place else EMPTY)


async def find_place(library: Library, chats: ChatFilter, position: int) -> ListPlace | None:
    """Find the place at a position of the list; None beyond its end."""
    live = await library.live.read(reading.count_chats, chats)
    try:
        archived = await library.archive.read(reading.count_chats, chats)
    except Unavailable:
        return await library.live.read(positions.find_place, chats, (), position, imported=False)
    few, many = (library.live, library.archive) if live <= archived else (library.archive, library.live)
    others = await few.read(positions.list_places, chats, position + 1, imported=few is library.archive)
    return await many.read(positions.find_place, chats, others, position, imported=many is library.archive)


async def count_chats(library: Library, chats: ChatFilter, since: Sequence[float]) -> ChatCounts:
    """Count the conversations that were changed at or after each of these times."""
    counts = Counter(await library.live.read(positions.count_since, chats, since))
    total = await library.live.read(reading.count_chats, chats)
    try:
        counts.update(await library.archive.read(positions.count_since, chats, since))
        total += await library.archive.read(reading.count_chats, chats)
    except Unavailable:
        pass
    return ChatCounts(since=[counts[time] for time in since], dated=counts[None], total=total)
