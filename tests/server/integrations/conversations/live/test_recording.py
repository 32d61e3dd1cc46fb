"""Exchanges that are stored as conversations."""

import pytest

from server.integrations.conversations.adapter.protocol import Answer, Turn, Usage
from server.integrations.conversations.models import Source

pytestmark = pytest.mark.anyio


def say(*texts: str) -> tuple[Turn, ...]:
    return tuple(Turn(role="assistant" if place % 2 else "user", text=text) for place, text in enumerate(texts))


def reply(text: str, number: str = "resp_1") -> Answer:
    return Answer(id=number, text=text, model="gpt-6-luna", usage=Usage(input_tokens=10, output_tokens=5))


async def record(live, turns, answer, client="c1", previous="") -> str:
    reservation = await live.service.spending.reserve("gpt-6-luna", 10, 100, "1", client)
    return await live.chats.record_exchange(client, "1", turns, answer, reservation, previous)


async def test_exchange_is_a_conversation_with_its_cost(live) -> None:
    chat_id = await record(live, say("Hello"), reply("Hi"))
    chat = await live.chats.find(chat_id)
    assert (chat.source, chat.title, await live.texts(chat)) == (Source.api, "Hello", ["Hello", "Hi"])
    assert chat.model == "gpt-6-luna"
    balances = await live.service.spending.read_balances()
    assert (balances["1"].spent > 0, balances["1"].reserved) == (True, 0)


async def test_longer_exchange_goes_on_with_the_conversation_that_it_begins_with(live) -> None:
    first = await record(live, say("Hello"), reply("Hi"))
    second = await record(live, say("Hello", "Hi", "How are you?"), reply("Fine"))
    third = await record(live, say("Hello", "Hi", "How are you?", "Fine", "Good"), reply("Bye"))
    assert first == second == third
    assert await live.texts(await live.chats.find(first)) == ["Hello", "Hi", "How are you?", "Fine", "Good", "Bye"]


async def test_exchange_of_another_client_or_with_another_beginning_is_one_of_its_own(live) -> None:
    first = await record(live, say("Hello"), reply("Hi"))
    longer = say("Hello", "Hi", "More")
    assert await record(live, longer, reply("Yes"), client="c2") != first
    assert await record(live, say("Hello", "Hi!", "More"), reply("Yes")) != first
    assert await record(live, say("Hello"), reply("Hi")) != first


async def test_exchange_goes_on_after_the_response_before(live) -> None:
    first = await record(live, say("Hello"), reply("Hi", "resp_a"))
    assert await record(live, say("More"), reply("Yes"), previous="resp_a") == first
    assert await live.texts(await live.chats.find(first)) == ["Hello", "Hi", "More", "Yes"]
    assert await record(live, say("More"), reply("Yes"), client="c2", previous="resp_a") != first


async def test_recorded_exchange_can_go_on_in_the_window(live) -> None:
    chat = await live.chats.find(await record(live, say("Hello"), reply("Hi")))
    _, posted = await live.ask("And now?", chat)
    await live.end(chat, posted)
    current = await live.chats.find(chat.id)
    assert current.thread_id in live.fake.account.conversations
    assert len(live.fake.account.items[current.thread_id]) == 4


async def test_exchange_and_window_go_on_with_what_each_has_seen(live) -> None:
    chat = await live.chats.find(await record(live, say("Hello"), reply("Hi")))
    _, posted = await live.ask("In the window", chat)
    await live.end(chat, posted)
    assert await record(live, say("Hello", "Hi", "By a script"), reply("Yes")) == chat.id
    assert await live.texts(chat) == ["Hello", "Hi", "By a script", "Yes"]
    _, posted = await live.ask("In the window again", chat)
    await live.end(chat, posted)
    sent = [item["content"] for item in live.fake.requests.find("/v1/responses")[-1].body["input"]]
    assert sent == ["Hello", "Hi", "By a script", "Yes", "In the window again"]


async def test_exchange_follows_the_turns_that_it_repeats_though_another_response_came_after_them(live) -> None:
    first = await record(live, say("Hello"), reply("Hi", "resp_a"))
    await record(live, say("More"), reply("Yes"), previous="resp_a")
    assert await record(live, say("Hello", "Hi", "Else"), reply("No")) == first
    assert await live.texts(await live.chats.find(first)) == ["Hello", "Hi", "Else", "No"]


async def test_exchange_of_a_removed_project_is_in_the_default_one(live) -> None:
    project = await live.service.projects.create("Scripts")
    await live.service.projects.remove(project.id)
    chat_id = await live.chats.record_exchange("c1", project.id, say("Hello"), reply("Hi"), None)
    assert (await live.chats.find(chat_id)).project == "1"
