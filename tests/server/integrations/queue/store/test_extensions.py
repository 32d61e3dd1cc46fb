import pytest

from server.integrations.queue.store import extensions
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio
ROW = {
    "id": "one",
    "name": "Work",
    "browser": "Chromium",
    "version": "1.0.0",
    "origin": "chrome-extension://abc",
    "client": "client",
    "capabilities": "[]",
    "page": "{}",
    "self_test": "{}",
    "paired_at": 1.0,
}


async def test_extension_is_added_changed_and_removed(tmp_path) -> None:
    async with opened(tmp_path) as room:
        database = room.context.database
        for number, name in enumerate(("two", "one")):
            await database.write(extensions.add_extension, ROW | {"id": name, "paired_at": float(number)})
        assert [row["id"] for row in await database.read(extensions.list_extensions)] == ["two", "one"]
        assert await database.write(extensions.change_extension, "one", {"version": "1.0.1", "last_seen": 5.0})
        row = await database.read(extensions.find_extension, "one")
        assert row == ROW | {"version": "1.0.1", "last_seen": 5.0, "imports": False}
        assert await database.write(extensions.remove_extension, "one")
        assert not await database.write(extensions.remove_extension, "one")
        assert not await database.write(extensions.change_extension, "one", {"version": "2"})
        assert await database.read(extensions.find_extension, "one") is None
