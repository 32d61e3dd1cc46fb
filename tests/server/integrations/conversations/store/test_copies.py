import pytest

from server.integrations.conversations.store import copies
from tests.server.integrations.conversations.library_setup import Said, store

pytestmark = pytest.mark.anyio


async def test_path_leaves_out_thoughts_and_other_branches(live) -> None:
    said = [
        Said("Question", id="q"),
        Said("Hm", "assistant", id="t", values={"kind": "thoughts"}),
        Said("Answer", "assistant", id="a"),
        Said("Another", "assistant", id="b", parent="q"),
    ]
    key = await live.context.archive.write(store, "imported-1", said, {"source": "chatgpt"})
    rows = await live.context.archive.read(copies.read_messages, key, "a")
    assert [row["id"] for row in rows] == ["q", "a"]
    assert await live.context.archive.read(copies.read_messages, key, "unknown") == []


async def test_many_ids_are_counted(live) -> None:
    for number in range(3):
        await live.context.archive.write(store, f"i{number}", [Said("One"), Said("Two")], {"source": "chatgpt"})
    counted = await live.context.archive.read(copies.count, [f"i{number}" for number in range(1200)])
    assert (set(counted.chats), counted.messages) == ({"i0", "i1", "i2"}, 6)
