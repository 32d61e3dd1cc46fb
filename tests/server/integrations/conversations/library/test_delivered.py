"""Conversations that were delivered and imported, too."""

import pytest

from server.core.errors import Conflict, NotFound
from server.integrations.conversations.deletion.deletion import Deletion
from server.integrations.conversations.library import reading
from server.integrations.conversations.library.models import ChatFilter
from server.integrations.conversations.library.reading import PageQuery
from server.integrations.conversations.live.copies import Copies
from server.integrations.conversations.live.events import ChatEvents
from tests.server.integrations.conversations.library_setup import START, Said, Shelf

pytestmark = pytest.mark.anyio
LATER = START + 500.0


@pytest.fixture
async def both(shelf: Shelf) -> Shelf:
    """Conversation x, delivered first and imported afterwards; two of its delivered messages are in no export."""
    await shelf.add("other", "about lions", imported=False, source="webhook")
    delivered = [
        Said("zebra question", id="a"),
        Said("zebra answer", "assistant", id="own"),
        Said("zebra later", id="c", at=LATER),
    ]
    await shelf.add(
        "x", *delivered, Said("zebra last", "assistant", id="d", at=LATER), imported=False, source="webhook", updated_at=LATER
    )
    imported = [Said("system", "system", id="s"), Said("zebra question", id="a"), Said("zebra answer", "assistant", id="b")]
    await shelf.add("x", *imported, title="Imported")
    return shelf


async def test_conversation_is_listed_once(both: Shelf) -> None:
    page = await both.library.list_chats(ChatFilter(), None, 10)
    assert [(chat.id, chat.source) for chat in page.chats] == [("other", "webhook"), ("x", "chatgpt")]
    assert page.total == 2
    delivered = await both.library.list_chats(ChatFilter(source="webhook"), None, 10)
    assert ([chat.id for chat in delivered.chats], delivered.total) == (["other"], 1)


async def test_imported_messages_are_read_with_those_delivered_later(both: Shelf) -> None:
    page = await both.library.read_chat("x")
    tree = [(message.id, message.parent_id) for message in page.messages]
    assert tree == [("s", ""), ("a", "s"), ("b", "a"), ("c", "b"), ("d", "c")]
    assert (page.chat.title, page.chat.message_count, page.current_id) == ("Imported", 5, "d")


async def test_client_reads_and_fetches_the_same(both: Shelf) -> None:
    for message_id in ("", "a", "d"):
        data = await reading.read_chat(both.library, "x", PageQuery(offset=0, message_id=message_id))
        assert [message.id for message in data.messages] == ["s", "a", "b", "c", "d"]
    assert (data.conversation.source, data.conversation.message_count) == ("chatgpt", 5)


async def test_message_is_found_once(both: Shelf) -> None:
    assert sorted(await both.find("zebra")) == ["x/a", "x/b", "x/c", "x/d"]
    assert sorted(await both.find("lions")) == ["other/m1"]


async def test_older_delivered_branch_is_not_shown_first(shelf: Shelf) -> None:
    await shelf.add("x", Said("old draft", id="z"), imported=False, source="webhook")
    await shelf.add("x", Said("question", id="a"), updated_at=LATER)
    page = await shelf.library.read_chat("x")
    assert ([message.id for message in page.messages], page.current_id) == (["a", "z"], "a")


async def test_conversation_of_another_source_is_not_merged(shelf: Shelf) -> None:
    await shelf.add("x", "live zebra", imported=False)
    await shelf.add("x", "imported zebra")
    assert [message.text for message in (await shelf.library.read_chat("x")).messages] == ["live zebra"]


async def test_copy_has_the_path_that_is_shown(both: Shelf) -> None:
    copies = Copies(both.context, ChatEvents(both.context))
    chat = await copies.make("x", "")
    texts = [message.text for message in (await both.library.read_chat(chat.id)).messages]
    assert texts == ["system", "zebra question", "zebra answer", "zebra later", "zebra last"]
    chat = await copies.make("x", "", "b")
    assert len((await both.library.read_chat(chat.id)).messages) == 3
    with pytest.raises(NotFound):
        await copies.make("x", "", "nothing")


async def test_both_are_deleted_and_restored_together(both: Shelf) -> None:
    deletion = Deletion(both.context)
    await deletion.delete("x")
    with pytest.raises(NotFound):
        await both.library.find("x")
    assert await both.find("zebra") == []
    await deletion.restore("x")
    assert len((await both.library.read_chat("x")).messages) == 5
    with pytest.raises((NotFound, Conflict)):
        await deletion.restore("x")
