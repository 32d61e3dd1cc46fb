import pytest

from server.integrations.conversations.store import images

pytestmark = pytest.mark.anyio


async def test_images_are_read_by_conversation_and_id(live) -> None:
    rows = [{"id": name, "name": "", "content_type": "image/png", "size": 1, "sha256": "0" * 64} for name in ("a", "b")]
    chats = [(await live.chats.create("1", "x"))[0] for _ in range(2)]
    for chat in chats:
        await live.context.database.write(images.add, chat.key, rows)
    read = await live.context.database.read(images.read, chats[0].key, ["b", "c"])
    assert [(row["id"], row["conversation"]) for row in read] == [("b", chats[0].key)]
