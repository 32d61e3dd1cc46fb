"""Conversations: branches, regenerated answers, titles, temporary ones, images."""

from datetime import timedelta

import pytest

from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.conversations.live.branches import BranchEnd
from server.integrations.conversations.live.images import NewImage
from server.integrations.conversations.live.models import AnswerState
from server.integrations.conversations.models import Role
from server.integrations.conversations.store.search_index import MESSAGES
from tests.server.integrations.conversations.live_setup import opened

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


async def test_conversation_exists_without_a_key(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        chat, _ = await live.ask("Is anybody there?")
        assert await live.texts(chat) == ["Is anybody there?"]
        assert (await live.chats.find(chat.id)).title == "Is anybody there?"


async def test_title_is_made_of_the_first_message_unless_there_is_one(live) -> None:
    chat, _ = await live.ask("word " * 40)
    assert chat.title.endswith("word…")
    named, _ = await live.chats.create("1", "My title", "Hello")
    assert named.title == "My title"
    empty, _ = await live.chats.create("1")
    await live.chats.send(empty.id, "The first one names it")
    assert (await live.chats.find(empty.id)).title == "The first one names it"


async def test_edited_message_is_a_branch_and_goes_out_as_a_path_of_its_own(live) -> None:
    chat, first = await live.ask("One")
    await live.end(chat, first)
    _, second = await live.ask("Two", chat)
    await live.end(chat, second)
    edited = await live.chats.send(chat.id, "Two, edited", parent=second.parent)
    await live.end(chat, edited)
    assert [text for text in await live.texts(chat) if not text.startswith(("Yes", "Here", "Good", "```"))] == [
        "One",
        "Two, edited",
    ]
    request = live.fake.requests.find("/v1/responses")[-1].body
    assert "conversation" not in request
    assert (request["input"][0]["content"], request["input"][-1]["content"]) == ("One", "Two, edited")
    assert await live.texts(chat, second.answer_id) != await live.texts(chat)


async def test_first_message_can_be_edited(live) -> None:
    chat, first = await live.ask("One")
    await live.end(chat, first)
    edited = await live.chats.send(chat.id, "Another one", parent="")
    assert (await live.end(chat, edited)).state is AnswerState.done
    assert (await live.texts(chat))[0] == "Another one"


async def test_regenerated_answer_is_another_answer_to_the_same_message(live) -> None:
    live.fake.account.language_model.scripted.extend(["First", "Second"])
    chat, posted = await live.ask("Say something")
    await live.end(chat, posted)
    question, answer_id = await live.chats.regenerate(chat.id, posted.answer_id)
    assert question == posted.id
    end = await live.chats.wait(chat, answer_id, 20)
    assert end
    assert (end.text, await live.texts(chat)) == ("Second", ["Say something", "Second"])
    assert await live.texts(chat, posted.answer_id) == ["Say something", "First"]


async def test_message_of_another_conversation_is_no_parent(live) -> None:
    _, posted = await live.ask("One")
    other, _ = await live.ask("Two")
    with pytest.raises(NotFound):
        await live.chats.send(other.id, "Three", parent=posted.id)
    with pytest.raises(NotFound):
        await live.chats.regenerate(other.id, posted.id)
    with pytest.raises(NotFound):
        await anext(live.chats.follow(other.id, posted.answer_id))


async def test_answer_to_nothing_is_not_regenerated(live) -> None:
    chat, _ = await live.chats.create("1", "Notes")
    added = await live.chats.send(chat.id, "I am an answer", role=Role.assistant)
    with pytest.raises(Conflict):
        await live.chats.regenerate(chat.id, added.id)


async def test_message_of_the_assistant_is_added_and_answered_by_nobody(live) -> None:
    chat, _ = await live.chats.create("1", "Notes")
    added = await live.chats.send(chat.id, "A remark", role=Role.assistant)
    assert (added.answer_id, live.sent()) == ("", [])


async def test_unknown_project_and_empty_message_are_refused(live) -> None:
    with pytest.raises(NotFound):
        await live.chats.create("99", text="Hi")
    chat, _ = await live.ask()
    with pytest.raises(InvalidInput):
        await live.chats.send(chat.id, "  ")


async def test_temporary_conversation_is_not_indexed_has_no_conversation_at_openai_and_is_deleted(live) -> None:
    chat, posted = await live.ask("Between us", temporary=True)
    assert (await live.end(chat, posted)).state is AnswerState.done
    assert live.fake.account.conversations == {}
    await live.configure(temporary_hours=0.0001)
    live.context.clock.now = lambda now=live.context.clock.now: now() + timedelta(hours=1)
    indexed = await live.context.database.read(
        lambda connection: connection.exec_driver_sql(f"SELECT count(*) FROM {MESSAGES.name}").scalar()
    )
    assert indexed == 0
    await live.chats.prune()
    with pytest.raises(NotFound):
        await live.chats.find(chat.id)


async def test_kept_conversation_is_not_pruned(live) -> None:
    chat, posted = await live.ask("Keep me")
    await live.end(chat, posted)
    live.context.clock.now = lambda now=live.context.clock.now: now() + timedelta(days=9999)
    await live.chats.prune()
    assert await live.chats.find(chat.id)


async def test_image_is_sent_with_its_message(live) -> None:
    chat, _ = await live.chats.create("1", "Pictures")
    posted = await live.chats.send(chat.id, "What is this?", images=(NewImage(name="a.png", data=PNG),))
    assert (await live.end(chat, posted)).state is AnswerState.done
    content = live.fake.requests.find("/v1/responses")[-1].body["input"][-1]["content"]
    assert [part["type"] for part in content] == ["input_text", "input_image"]
    assert content[1]["image_url"].startswith("data:image/png;base64,iVBOR")


async def test_followed_answer_comes_in_pieces_and_with_its_end(live) -> None:
    chat, posted = await live.ask("Go on")
    items = [item async for item in live.chats.follow(chat.id, posted.answer_id)]
    assert "".join(items[:-1]) == items[-1].text
    again = [item async for item in live.chats.follow(chat.id, posted.answer_id)]
    assert (len(again), again[-1].text) == (1, items[-1].text)


async def test_events_are_stored_with_what_they_are_about(live) -> None:
    emitted: list[str] = []
    live.context.webhooks.emit = lambda connection, kind, data: emitted.append(kind)
    chat, posted = await live.ask("Tell the others")
    await live.end(chat, posted)
    live.fake.fail_next(400, path="/v1/responses")
    _, second = await live.ask("And this", chat)
    await live.end(chat, second)
    answered = ["conversation.created", "message.created", "message.created", "response.completed"]
    assert emitted == [*answered, "message.created", "response.failed"]


async def test_message_to_a_deleted_conversation_goes_to_no_other_one(tmp_path, fake_openai, monkeypatch) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        chat, _ = await live.chats.create("1", "First")

        async def delete(_: object) -> BranchEnd:
            await live.service.deletion.delete(chat.id)
            await live.chats.create("1", "Second")  # which has the key of the first one
            return BranchEnd()

        monkeypatch.setattr(live.chats._branches, "find_end", delete)
        with pytest.raises(NotFound):
            await live.chats.send(chat.id, "Hello")
