import pytest

from server.integrations.conversations.library.models import ChatFilter, ListPlace
from server.integrations.conversations.store import reading
from tests.server.integrations.conversations.library_setup import Said, Shelf


@pytest.mark.parametrize(
    ("place", "live", "imported"),
    [
        (None, ["b", "d"], ["a", "c"]),
        (ListPlace(updated_at=5.0, imported=False, key=9), ["b", "d"], ["a", "c"]),
        (ListPlace(updated_at=5.0, imported=True, key=9), ["d"], ["a", "c"]),
        (ListPlace(updated_at=5.0, imported=True, key=1), ["d"], ["c"]),
        (ListPlace(updated_at=None, imported=False, key=9), ["d"], ["c"]),
        (ListPlace(updated_at=None, imported=True, key=2), [], []),
    ],
)
async def test_live_conversations_come_before_imported_ones_of_the_same_time(
    shelf: Shelf, place: ListPlace | None, live: list[str], imported: list[str]
) -> None:
    for chat_id, time in {"b": 5.0, "d": None}.items():
        await shelf.add(chat_id, updated_at=time, imported=False)
    for chat_id, time in {"a": 5.0, "c": None}.items():
        await shelf.add(chat_id, updated_at=time)
    for database, is_imported, expected in ((shelf.library.live, False, live), (shelf.library.archive, True, imported)):
        rows = await database.read(reading.list_chats, ChatFilter(), place, 10, imported=is_imported)
        assert [row["id"] for row in rows] == expected


async def test_messages_are_read_in_the_order_of_their_ids(shelf: Shelf) -> None:
    key = await shelf.add("a", Said("1", id="x"), Said("2", id="y"), Said("3", id="z"))
    rows = await shelf.library.archive.read(reading.read_some, key, ["z", "none", "x"])
    assert [row["text"] for row in rows] == ["3", "1"]
