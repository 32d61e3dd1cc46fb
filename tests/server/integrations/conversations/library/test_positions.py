import pytest

from server.integrations.conversations.library.models import ChatFilter
from server.integrations.conversations.library.positions import count_chats, find_place, list_from
from tests.server.integrations.conversations.library_setup import Shelf

TIMES = (5.0, 9.0, 5.0, None, 7.0, 5.0, None, 5.0)
ORDER = ["c1", "c4", "c7", "c5", "c2", "c0", "c3", "c6"]  # of the same time, c7 and c5 are live


async def fill(shelf: Shelf, imported: tuple[int, ...] = (0, 2, 4, 6)) -> None:
    for number, time in enumerate(TIMES):
        await shelf.add(f"c{number}", "text", imported=number in imported, updated_at=time)
    await shelf.add("hidden", "text", imported=False, temporary=True, updated_at=8.0)


@pytest.mark.parametrize("imported", [(0, 2, 4, 6), (0, 2), (0, 1, 2, 3, 4, 6), (), tuple(range(8))])
async def test_every_offset_begins_where_the_list_has_it(shelf: Shelf, imported: tuple[int, ...]) -> None:
    await fill(shelf, imported)
    order = [chat.id for chat in (await shelf.library.list_chats(ChatFilter(), None, 100)).chats]
    assert sorted(order) == sorted(ORDER)
    for offset in range(len(order) + 2):
        page = await list_from(shelf.library, ChatFilter(), offset, 3)
        assert [chat.id for chat in page.chats] == order[offset : offset + 3]


async def test_offset_counts_what_the_filter_lists(shelf: Shelf) -> None:
    await fill(shelf)
    await shelf.add("starred", "text", starred=True, updated_at=6.0)
    page = await list_from(shelf.library, ChatFilter(starred=False), 2, 2)
    assert [chat.id for chat in page.chats] == ORDER[2:4]
    assert await find_place(shelf.library, ChatFilter(starred=True), 1) is None


async def test_conversations_are_counted_by_their_times(shelf: Shelf) -> None:
    await fill(shelf)
    counts = await count_chats(shelf.library, ChatFilter(), [5.0, 9.5, 7.0, 7.5])
    assert counts.since == [6, 0, 2, 1]
    assert (counts.dated, counts.total) == (6, 8)


async def test_conversations_of_an_import_are_listed(shelf: Shelf) -> None:
    await fill(shelf)
    await shelf.add("of-it", "text", import_id=3, updated_at=1.0)
    chats = ChatFilter(imported_by=3)
    assert [chat.id for chat in (await list_from(shelf.library, chats, 0, 5)).chats] == ["of-it"]
    assert (await count_chats(shelf.library, chats, [0.0])).since == [1]
