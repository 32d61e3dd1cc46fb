import pytest

from server.integrations.conversations.store import tombstones
from tests.server.integrations.conversations.stored import NOON, add_chat

pytestmark = pytest.mark.anyio


async def test_deleted_conversation_is_known_until_it_is_here_again(shelf):
    archive = shelf.context.archive.write
    await archive(add_chat, "a")
    assert await archive(tombstones.list_deleted, ["a", "b"]) == set()
    assert await archive(tombstones.remove, "a", NOON)
    assert await archive(tombstones.remove, "b", NOON) is None
    assert await archive(tombstones.list_deleted, ["a", "b"]) == {"a"}
    assert await archive(tombstones.list_all_deleted) == ["a"]
    await archive(add_chat, "a")
    assert await archive(tombstones.list_deleted, ["a"]) == set()
    assert await archive(tombstones.list_all_deleted) == []
    await archive(tombstones.remove, "a", NOON + 1)
    assert await archive(tombstones.put_back, "a", NOON)
    await archive(tombstones.remove, "a", NOON + 2)
    assert await archive(tombstones.put_back, "a", NOON + 3) is None
    assert await archive(tombstones.list_deleted, ["a"]) == {"a"}
