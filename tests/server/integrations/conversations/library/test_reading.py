import json

import pytest

from server.core.errors import InvalidInput, NotFound
from server.integrations.conversations.library.models import ChatFilter
from server.integrations.conversations.library.reading import PageQuery, list_chats, read_chat
from server.integrations.conversations.store.live_tables import live
from tests.server.integrations.conversations.library_setup import Said, Shelf, run

BRANCHED = (
    Said("Q", id="q"),
    Said("A1", "assistant", id="a1"),
    Said("more", id="m1"),
    Said("A2", "assistant", id="a2", parent="q"),
    Said("end", id="e"),
)


async def read_ids(shelf: Shelf, **query: object) -> list[str]:
    return [message.id for message in (await read_chat(shelf.library, "a", PageQuery(**query))).messages]


async def test_branch_that_is_shown_first_is_read(shelf: Shelf) -> None:
    await shelf.add("a", *BRANCHED)
    assert await read_ids(shelf) == ["q", "a2", "e"]


async def test_branch_of_a_message_is_read(shelf: Shelf) -> None:
    await shelf.add("a", *BRANCHED)
    assert await read_ids(shelf, message_id="a1") == ["q", "a1", "m1"]
    with pytest.raises(NotFound):
        await read_ids(shelf, message_id="none")


async def test_page_begins_near_the_message_that_is_asked_for(shelf: Shelf) -> None:
    await shelf.add("a", *(f"text {number}" for number in range(30)))
    data = await read_chat(shelf.library, "a", PageQuery(limit=6, message_id="m20"))
    assert [message.id for message in data.messages] == [f"m{number}" for number in range(16, 22)]
    assert (data.pagination.total, data.pagination.offset, data.pagination.next_offset) == (30, 15, 21)


async def test_cycle_of_parents_ends(shelf: Shelf) -> None:
    await shelf.add("a", Said("x", id="x", parent="y"), Said("y", id="y", parent="x"))
    assert sorted(await read_ids(shelf)) == ["x", "y"]


async def test_conversation_without_messages_is_read(shelf: Shelf) -> None:
    await shelf.add("a")
    assert await read_ids(shelf) == []
    with pytest.raises(InvalidInput):
        await read_ids(shelf, offset=1)


@pytest.mark.parametrize("text", ["x" * 30_000, '"\\\n' * 10_000, "验证" * 15_000, "\u0001" * 9_000])
async def test_answer_stays_below_the_limit_and_misses_nothing(shelf: Shelf, text: str) -> None:
    await shelf.add("a", *([text] * 6), "short")
    read: dict[str, str] = {}
    offset: int | None = 0
    start = 0
    while offset is not None:
        data = await read_chat(shelf.library, "a", PageQuery(offset=offset, text_offset=start))
        assert len(json.dumps(data.model_dump(), ensure_ascii=False)) < 89_000
        for message in data.messages:
            read[message.id] = read.get(message.id, "") + message.content
        offset, start = data.pagination.next_offset, data.messages[-1].next_text_offset or 0
    visible = text.replace("\u0001", "")
    assert read == {f"m{number}": visible for number in range(1, 7)} | {"m7": "short"}


async def test_hidden_characters_are_removed(shelf: Shelf) -> None:
    await shelf.add("a", "visible\u202e\U000e0041 text", title="A\u200b title")
    data = await read_chat(shelf.library, "a", PageQuery())
    assert (data.messages[0].content, data.conversation.title) == ("visible text", "A title")
    listed = await list_chats(shelf.library, ChatFilter(), None, 5)
    assert listed.conversations[0].title == "A title"


async def test_either_id_finds_a_live_conversation(shelf: Shelf) -> None:
    key = await shelf.add("a", "x", imported=False)
    await shelf.context.database.write(run, live.insert().values(conversation=key, thread_id="conv_1"))
    data = await read_chat(shelf.library, "conv_1", PageQuery())
    assert (data.conversation.id, data.conversation.openai_thread_id) == ("a", "conv_1")
