"""Requests that go out, and what is stored of their answers."""

import io

import pytest
from PIL import Image

from server.integrations.conversations.fake import Fault
from server.integrations.conversations.live.images import NewImage
from server.integrations.conversations.live.models import UNKNOWN_LEAF, AnswerState
from server.integrations.conversations.store import openai_deletions
from tests.server.integrations.conversations.live_setup import until

pytestmark = pytest.mark.anyio


async def test_conversation_at_openai_gets_the_new_message_alone(live) -> None:
    chat, first = await live.ask("One")
    await live.end(chat, first)
    _, second = await live.ask("Two", chat)
    await live.end(chat, second)
    requests = [request.body for request in live.fake.requests.find("/v1/responses")]
    thread_id = (await live.chats.find(chat.id)).thread_id
    assert [request["conversation"] for request in requests] == [thread_id, thread_id]
    assert [len(request["input"]) for request in requests] == [1, 1]
    assert len(live.fake.account.items[thread_id]) == 4


async def test_state_at_openai_is_unknown_until_the_answer_is_stored(live) -> None:
    live.fake.account.piece_seconds = 0.2
    chat, posted = await live.ask("One")
    await live.becomes(posted, AnswerState.running)
    assert (await live.chats.find(chat.id)).thread_leaf == UNKNOWN_LEAF
    live.fake.account.piece_seconds = 0
    await live.end(chat, posted)
    assert (await live.chats.find(chat.id)).thread_leaf == posted.answer_id


async def test_cost_is_stored_with_the_answer(live) -> None:
    chat, posted = await live.ask("One")
    await live.end(chat, posted)
    row = await live.answer(posted)
    assert float(row.cost) > 0
    balances = await live.service.spending.read_balances()
    assert (balances["1"].spent > 0, balances["1"].reserved) == (True, 0)


async def test_nothing_stays_reserved_for_a_message_that_was_refused_or_waits(live) -> None:
    live.fake.fail_next(400, path="/v1/responses")
    chat, posted = await live.ask("One")
    await live.end(chat, posted)
    live.fake.fail_next(429, path="/v1/responses", retry_after=3600)
    _, second = await live.ask("Two", chat)
    await live.tried(second)
    assert (await live.service.spending.read_balances())[""].reserved == 0


async def test_lost_answer_counts_as_what_it_may_have_cost(live) -> None:
    await live.openai.store(max_tokens=1000)
    live.fake.drop_next(path="/v1/responses", after=True)
    chat, posted = await live.ask("One")
    await live.end(chat, posted)
    assert (await live.service.spending.read_balances())[""].reserved > 0


async def test_message_beyond_the_budget_fails_with_a_sentence(live) -> None:
    await live.service.spending.set_budget("0")
    chat, posted = await live.ask("One")
    end = await live.end(chat, posted)
    assert (end.state, "budget" in end.error, live.sent()) == (AnswerState.failed, True, [])


async def test_large_image_counts_by_its_size_in_a_budget(live) -> None:
    await live.service.spending.set_budget("0.01")  # enough for the longest answer to a text
    chat, posted = await live.ask("One")
    assert (await live.end(chat, posted)).state is AnswerState.done
    assert live.fake.requests.find("/v1/responses")[-1].body["service_tier"] == "default"  # whose price is reserved
    file = io.BytesIO()
    Image.new("1", (3200, 3200)).save(file, "PNG")
    _, posted = await live.ask("What is this?", chat, images=(NewImage(name="big.png", data=file.getvalue()),))
    end = await live.end(chat, posted)
    assert (end.state, "budget" in end.error, live.sent()) == (AnswerState.failed, True, ["One"])


async def test_stream_that_breaks_off_is_looked_up_for_a_while_and_keeps_what_came(live) -> None:
    await live.configure(lost_answer_seconds=0.5)
    live.fake.cut_next(4)
    chat, posted = await live.ask("One")
    end = await live.end(chat, posted)
    assert end.state is not AnswerState.done
    assert live.fake.requests.find("/v1/responses/resp_.*", "GET")
    assert len(live.sent()) == 1


async def test_another_service_gets_the_whole_path_and_openai_what_its_conversation_lacks(live) -> None:
    chat, posted = await live.ask("One", model="gpt-6-luna")
    await live.end(chat, posted)
    await live.openai.change(base_url=live.fake.base_url)
    for text in ("Two", "Three"):
        _, posted = await live.ask(text, chat)
        assert (await live.end(chat, posted)).state is AnswerState.done
    other, posted = await live.ask("Begun there", model="gpt-6-luna")
    await live.end(other, posted)
    await live.openai.change(base_url="")
    _, posted = await live.ask("Four", chat)
    await live.end(chat, posted)
    requests = [request.body for request in live.fake.requests.find("/v1/responses")]
    assert [("conversation" in request, len(request["input"])) for request in requests] == [
        (True, 1),
        (False, 3),
        (False, 5),
        (False, 1),
        (False, 7),
    ]
    assert len(live.fake.requests.find("/v1/conversations")) == 1
    _, posted = await live.ask("Here", other)
    await live.end(other, posted)
    assert live.fake.requests.find("/v1/responses")[-1].body["conversation"] == (await live.chats.find(other.id)).thread_id


async def test_conversation_that_is_deleted_while_it_is_created_at_openai_is_deleted_there(live) -> None:
    live.fake.faults.order(Fault("/v1/conversations", seconds=0.5))
    chat, _ = await live.ask("One")

    async def is_sent() -> bool:
        return bool(live.fake.requests.find("/v1/conversations"))

    await until(is_sent)
    await live.service.deletion.delete(chat.id, at_openai=True)
    other, posted = await live.ask("Two")  # which has the key of the deleted one
    assert (await live.end(other, posted)).state is AnswerState.done
    of_deleted, of_other = live.fake.account.conversations
    assert (await live.chats.find(other.id)).thread_id == of_other
    orders = await live.context.database.read(openai_deletions.list_due, live.context.clock.now().timestamp())
    assert [order.thread_id for order in orders] == [of_deleted]


async def test_deleted_conversation_is_not_answered(live) -> None:
    live.fake.fail_next(503, path="/v1/conversations", times=2, retry_after=0.05)
    chat, posted = await live.ask("One")
    await live.tried(posted)
    await live.chats.stop(chat.id)
    await live.service.deletion.delete(chat.id)
    other, second = await live.ask("Two")
    assert (await live.end(other, second)).state is AnswerState.done
    assert live.sent() == ["Two"]
