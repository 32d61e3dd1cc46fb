"""Live copies of other conversations."""

import pytest

from server.core.errors import NotFound
from server.integrations.conversations.live.models import AnswerState
from server.integrations.conversations.models import Source
from server.integrations.conversations.store import projects
from tests.server.integrations.conversations.library_setup import Said, store

pytestmark = pytest.mark.anyio


async def test_copy_goes_on_with_a_model_and_leaves_the_original_alone(live) -> None:
    chat, first = await live.ask("One")
    await live.end(chat, first)
    _, second = await live.ask("Two", chat)
    await live.end(chat, second)
    before = await live.texts(chat)
    copy = await live.service.copies.make(chat.id, "", first.answer_id)
    assert (copy.id != chat.id, copy.title, copy.message_count, await live.texts(copy)) == (True, chat.title, 2, before[:2])
    _, posted = await live.ask("Three", copy)
    assert (await live.end(copy, posted)).state is AnswerState.done
    current = await live.chats.find(copy.id)
    assert len(live.fake.account.items[current.thread_id]) == 4
    assert await live.texts(chat) == before


async def test_copy_without_a_message_has_the_path_that_is_shown(live) -> None:
    chat, posted = await live.ask("One")
    await live.end(chat, posted)
    copy = await live.service.copies.make(chat.id, "c1")
    assert (await live.texts(copy), copy.client, copy.project) == (await live.texts(chat), "c1", projects.DEFAULT)


async def test_imported_conversation_goes_on_in_a_live_copy(live) -> None:
    await live.context.archive.write(
        store, "imported-1", [Said("Old question"), Said("Old answer", "assistant")], {"source": "chatgpt", "title": "Old"}
    )
    copy = await live.service.copies.make("imported-1", "")
    assert (copy.title, copy.source, await live.texts(copy)) == ("Old", Source.openai, ["Old question", "Old answer"])
    _, posted = await live.ask("New question", copy)
    assert (await live.end(copy, posted)).state is AnswerState.done
    assert len(live.fake.account.items[(await live.chats.find(copy.id)).thread_id]) == 4


async def test_unknown_conversation_or_message_is_not_found(live) -> None:
    chat, _ = await live.ask("One")
    for chat_id, message_id in (("nothing", ""), (chat.id, "nothing")):
        with pytest.raises(NotFound):
            await live.service.copies.make(chat_id, "", message_id)
