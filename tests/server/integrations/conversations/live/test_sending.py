"""Durable sending: order, exactly once, waiting, uncertainty, and what a kill leaves behind."""

import pytest

from server.core.errors import TooManyRequests, Unavailable
from server.integrations.conversations.adapter.client import OpenAIClient
from server.integrations.conversations.fake import KEY, Fault
from server.integrations.conversations.live.models import AnswerState
from server.integrations.conversations.store import answers
from tests.server.integrations.conversations.live_setup import opened, until

pytestmark = pytest.mark.anyio


async def test_message_is_answered_and_stored_as_a_path(live) -> None:
    live.fake.account.language_model.scripted.append("Hello, Ann.")
    chat, posted = await live.ask("I am Ann")
    end = await live.end(chat, posted)
    assert (end.state, end.text) == (AnswerState.done, "Hello, Ann.")
    assert await live.texts(chat) == ["I am Ann", "Hello, Ann."]
    current = await live.chats.find(chat.id)
    assert current.thread_id in live.fake.account.conversations
    assert (current.current_message, current.thread_leaf) == (posted.answer_id, posted.answer_id)


async def test_messages_of_a_conversation_go_out_in_their_order_and_once(live) -> None:
    chat, _ = await live.ask("0")
    more = [await live.chats.send(chat.id, str(number)) for number in range(1, 5)]
    await live.end(chat, more[-1])
    assert live.sent() == ["0", "1", "2", "3", "4"]
    assert (await live.texts(chat))[::2] == ["0", "1", "2", "3", "4"]


async def test_message_waits_while_openai_is_out_of_reach_and_is_sent_once_when_it_is_back(live) -> None:
    live.fake.fail_next(503, times=2, path="/v1/conversations", retry_after=0.01)
    live.fake.fail_next(503, times=2, path="/v1/responses", retry_after=0.01)
    chat, posted = await live.ask("Are you there?")
    assert chat.message_count == 1
    assert (await live.end(chat, posted)).state is AnswerState.done
    answered = [request for request in live.fake.requests.find("/v1/responses") if request.status == 200]
    assert len(answered) == 1


async def test_message_waits_for_a_key(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        chat, posted = await live.ask()
        await live.tried(posted)
        await live.openai.set_key(KEY)
        assert (await live.end(chat, posted)).state is AnswerState.done


async def test_message_whose_answer_was_lost_is_uncertain_and_not_sent_again(live) -> None:
    live.fake.drop_next(path="/v1/responses", after=True)
    chat, posted = await live.ask("Once only")
    end = await live.end(chat, posted)
    assert end.state is AnswerState.uncertain
    live.chats.sender.wake()
    _, second = await live.ask("And then?", chat)
    await live.end(chat, second)
    assert live.sent() == ["Once only", "And then?"]


async def test_path_itself_is_sent_when_it_is_unknown_what_openai_has(live) -> None:
    live.fake.drop_next(path="/v1/responses", after=True)
    chat, posted = await live.ask("Once only")
    await live.end(chat, posted)
    _, second = await live.ask("And then?", chat)
    await live.end(chat, second)
    request = live.fake.requests.find("/v1/responses")[-1].body
    assert "conversation" not in request
    assert [item["content"] for item in request["input"]] == ["Once only", "And then?"]


async def test_refused_message_fails_with_openais_sentence_and_the_next_one_goes_on(live) -> None:
    live.fake.fail_next(400, path="/v1/responses", message="That is too long.")
    chat, posted = await live.ask()
    end = await live.end(chat, posted)
    assert (end.state, "That is too long." in end.error) == (AnswerState.failed, True)
    _, second = await live.ask("Shorter", chat)
    assert (await live.end(chat, second)).state is AnswerState.done


async def test_stopped_answer_keeps_what_was_written(live) -> None:
    live.fake.account.language_model.scripted.append("word " * 2000)
    live.fake.account.piece_seconds = 0.01
    chat, posted = await live.ask()
    async for item in live.chats.follow(chat.id, posted.answer_id):
        if isinstance(item, str):
            break
    await live.chats.stop(chat.id)
    end = await live.end(chat, posted)
    assert (end.state, end.text[:4]) == (AnswerState.done, "word")
    assert len(end.text) < 9000


async def test_waiting_message_can_be_stopped(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        chat, posted = await live.ask()
        await live.tried(posted)
        await live.chats.stop(chat.id)
        assert (await live.end(chat, posted)).state is AnswerState.failed
        assert live.sent() == []


async def test_client_message_is_answered_in_background_mode_and_survives_the_end_of_the_program(tmp_path, fake_openai) -> None:
    fake_openai.account.background_seconds = 0.5
    async with opened(tmp_path, fake_openai) as live:
        chat, posted = await live.ask("Take your time", client="c1")
        await until(lambda: has_response(live, posted))
    async with opened(tmp_path, fake_openai) as live:
        assert (await live.end(chat, posted)).state is AnswerState.done
        (request,) = live.fake.requests.find("/v1/responses")
        assert request.body["background"] is True


async def has_response(live, posted) -> bool:
    return bool((await live.answer(posted)).response_id)


async def test_message_that_was_going_out_when_the_program_ended_is_uncertain(tmp_path, fake_openai) -> None:
    fake_openai.account.piece_seconds = 5
    fake_openai.faults.order(Fault("/v1/responses", seconds=1))
    async with opened(tmp_path, fake_openai) as live:
        chat, posted = await live.ask("Half sent")
        await live.becomes(posted, AnswerState.running)
    async with opened(tmp_path, fake_openai) as live:
        assert (await live.end(chat, posted)).state is AnswerState.uncertain


async def test_answer_is_not_asked_for_again_because_it_could_not_be_stored_at_first(live) -> None:
    complete, failures = answers.complete, iter([Unavailable("The disk is full.")] * 2)

    def fail_at_first(*arguments) -> bool:
        for error in failures:
            raise error
        return complete(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "complete", fail_at_first)
        chat, posted = await live.ask("Once only")
        assert (await live.end(chat, posted)).state is AnswerState.done
    assert (live.sent(), len(await live.texts(chat))) == (["Once only"], 2)


async def test_rate_limit_in_a_stream_that_has_begun_is_a_failure(live) -> None:
    respond = OpenAIClient.respond

    async def break_off(self, request, on_created=None):
        async for item in respond(self, request, on_created):
            yield item
            raise TooManyRequests("Too fast.", retry_after=0.01)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OpenAIClient, "respond", break_off)
        chat, posted = await live.ask("Once only")
        end = await live.end(chat, posted)
    assert (end.state, end.error, live.sent()) == (AnswerState.failed, "Too fast.", ["Once only"])


async def test_running_answer_without_a_response_is_uncertain_and_not_looked_up(live) -> None:
    live.fake.fail_next(429, path="/v1/responses", retry_after=0.3)
    chat, posted = await live.ask("Stuck")
    await live.tried(posted)
    await live.context.database.write(answers.begin, posted.answer_id)
    assert (await live.end(chat, posted)).state is AnswerState.uncertain
    assert live.sent() == ["Stuck"]


async def test_message_waits_while_openai_fails_before_it_is_sent(live) -> None:
    live.fake.fail_next(500, path="/v1/models", times=3)
    live.fake.fail_next(500, path="/v1/conversations", times=2)
    chat, posted = await live.ask("Hello")
    assert (await live.end(chat, posted)).state is AnswerState.done
    assert live.sent() == ["Hello"]
