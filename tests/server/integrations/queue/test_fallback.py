import asyncio
from contextlib import asynccontextmanager

import pytest

from server.core.errors import Forbidden, Unavailable
from server.integrations.queue import fallback
from server.integrations.queue.extension.messages import Page, SelfTest
from server.integrations.queue.extension.worker import Worker
from server.integrations.queue.fallback import NO_HISTORY, WORKERS, Fallback, knows_page
from server.integrations.queue.models import Lane
from server.integrations.queue.states import State
from server.sdk.model_answers import AnswerLost, ModelAnswers
from tests.server.integrations.queue.answering import Answering
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio
WORKER = WORKERS[0]
GRACE = 30  # seconds


class Room:
    """A queue with the API beside it, and the browsers that a test connects."""

    def __init__(self, room, answering) -> None:
        self.room, self.answering, self.browsers = room, answering, []
        self.fallback = Fallback(room.queue, lambda: self.browsers)

    async def work(self):
        """Answer the prompt that is next over the API, if there is one; return whether there was."""
        lease = await self.fallback.claim(WORKER)
        if lease:
            await self.fallback.answer(WORKER, lease)
        return lease is not None


@asynccontextmanager
async def opened_room(tmp_path, **settings):
    async with opened(tmp_path, **{"api_fallback": True, "fallback_seconds": GRACE, **settings}) as room:
        answering = Answering()
        with room.context.offers.offer(ModelAnswers, answering):
            yield Room(room, answering)


async def test_prompt_is_answered_over_the_api_once_no_browser_was_there_for_a_while(tmp_path) -> None:
    async with opened_room(tmp_path) as here:
        prompt = await here.room.submit("hello", model="GPT-5 Thinking")
        assert not await here.work()
        here.room.clock.move(seconds=GRACE)
        assert await here.work()
        read = await here.room.queue.read(prompt.id)
        assert (read.state, read.response, read.answers[0].lane) == (State.done, "HELLO", Lane.api)
        assert read.notes == (
            "Answered by the OpenAI API (gpt-6-luna), because no browser was connected.",
            "The model “GPT-5 Thinking” was not asked.",
        )
        assert here.answering.questions == [(["hello"], "", "client")]


async def test_nothing_is_spent_without_leave(tmp_path) -> None:
    async with opened_room(tmp_path, api_fallback=False) as here:
        await here.room.submit()
        here.room.clock.move(days=3)
        assert not await here.work()
        assert here.answering.questions == []


async def test_browser_that_knows_the_page_keeps_its_prompts(tmp_path) -> None:
    async with opened_room(tmp_path) as here:
        await here.room.submit()
        here.browsers.append(Worker("b", "b", "Home", page=Page(type="page", state="signed_out")))
        here.room.clock.move(days=3)
        assert not await here.work()
        here.browsers.clear()
        assert not await here.work()  # it may be back soon
        here.room.clock.move(seconds=GRACE)
        assert await here.work()


async def test_unknown_layout_needs_no_waiting(tmp_path) -> None:
    async with opened_room(tmp_path) as here:
        prompt = await here.room.submit()
        here.browsers.append(Worker("b", "b", "Home", page=Page(type="page", state="unknown_layout")))
        assert await here.work()
        assert "did not recognize ChatGPT's page" in (await here.room.queue.read(prompt.id)).notes[0]


@pytest.mark.parametrize(
    ("page", "test", "expected"),
    [
        (None, None, True),
        ("ready", True, True),
        ("limit", None, True),
        ("unknown_layout", None, False),
        ("ready", False, False),
    ],
)
def test_page_is_unknown_if_the_extension_or_its_self_test_says_so(page, test, expected) -> None:
    worker = Worker("b", "b", "Home")
    worker.page = page and Page(type="page", state=page)
    worker.self_test = None if test is None else SelfTest(type="self_test", ok=test)
    assert knows_page(worker) is expected


async def test_earlier_prompts_of_the_chat_go_along(tmp_path) -> None:
    async with opened_room(tmp_path) as here:
        await here.room.submit("one", chat_id="abc")
        await here.room.finish("eins", chat_id="abc")
        await here.room.submit("two", chat_id="abc")
        here.room.clock.move(seconds=GRACE)
        assert await here.work()
        assert here.answering.questions[0][0] == ["one", "eins", "two"]


async def test_chat_that_the_queue_does_not_know_is_named_as_missing(tmp_path) -> None:
    async with opened_room(tmp_path) as here:
        prompt = await here.room.submit("two", chat_id="abc")
        here.room.clock.move(seconds=GRACE)
        assert await here.work()
        assert NO_HISTORY in (await here.room.queue.read(prompt.id)).notes


async def test_replay_of_an_old_prompt_gets_what_was_said_before_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(fallback, "MOST_EARLIER", 1)
    async with opened_room(tmp_path) as here:
        prompts = []
        for message in ("one", "two", "three"):
            prompts.append(await here.room.submit(message, chat_id="abc"))
            await here.room.finish(message.upper(), chat_id="abc")
        await here.room.queue.replay(prompts[1].id, Lane.api)
        assert await here.work()
        assert here.answering.questions[0][0] == ["one", "ONE", "two"]


async def test_replay_over_the_api_needs_no_leave_and_keeps_both_answers(tmp_path) -> None:
    async with opened_room(tmp_path, api_fallback=False) as here:
        prompt = await here.room.submit("hello")
        await here.room.finish("Hello to you.")
        await here.room.queue.replay(prompt.id, Lane.api, "gpt-6-sol")
        assert await here.work()
        read = await here.room.queue.read(prompt.id)
        assert [(answer.lane, answer.model, answer.text) for answer in read.answers] == [
            (Lane.browser, None, "Hello to you."),
            (Lane.api, "gpt-6-sol", "HELLO"),
        ]


@pytest.mark.parametrize("lane", Lane)
async def test_cancelled_prompt_ends_the_request_that_is_paid_for(tmp_path, lane) -> None:
    async with opened_room(tmp_path) as here:
        prompt = await here.room.submit()
        if lane is Lane.api:
            await here.room.finish()
            await here.room.queue.replay(prompt.id, Lane.api)
        other = await here.room.submit("other")
        here.room.clock.move(seconds=GRACE)
        here.answering.thinks = True
        working = asyncio.create_task(here.work())
        async with asyncio.timeout(30):
            await here.answering.asked.wait()
            await here.room.queue.cancel(other.id)
            assert (await here.room.queue.read(other.id)).state is State.cancelled
            assert (await here.room.queue.read(prompt.id)).state is State.executing
            assert here.answering.stopped == []
            await here.room.queue.cancel(prompt.id)
            assert await working
        assert here.answering.stopped == ["Hello"]
        read = await here.room.queue.read(prompt.id)
        assert (read.state, read.error_name) == (State.cancelled, "cancelled")


async def test_prompt_that_is_cancelled_before_it_is_asked_ends_its_request_too(tmp_path, monkeypatch) -> None:
    async with opened_room(tmp_path) as here:
        prompt = await here.room.submit()
        here.room.clock.move(seconds=GRACE)
        here.answering.thinks = True

        async def cancel(_: object) -> list[object]:
            await here.room.queue.cancel(prompt.id)
            return []

        monkeypatch.setattr(here.fallback, "_read_earlier", cancel)
        async with asyncio.timeout(30):
            assert await here.work()


async def test_question_ends_with_deskhand_and_is_uncertain(tmp_path) -> None:
    async with opened_room(tmp_path, fallback_seconds=0) as here:
        prompt = await here.room.submit()
        here.answering.thinks = True
        async with asyncio.timeout(30):
            async with here.fallback.running():
                await here.answering.asked.wait()
            await here.room.context.tasks.close()
        assert here.answering.stopped == ["Hello"]
        for worker in WORKERS:
            await here.room.queue.lose(worker)
        assert (await here.room.queue.read(prompt.id)).state is State.uncertain


async def test_lost_answer_is_uncertain_and_not_asked_again(tmp_path) -> None:
    async with opened_room(tmp_path) as here:
        prompt = await here.room.submit()
        here.room.clock.move(seconds=GRACE)
        here.answering.errors = [AnswerLost()]
        assert await here.work()
        assert (await here.room.queue.read(prompt.id)).state == State.uncertain
        here.room.clock.move(days=1)
        assert not await here.work()
        assert len(here.answering.questions) == 1


async def test_prompt_of_a_browser_waits_again_if_openai_refuses_it(tmp_path) -> None:
    async with opened_room(tmp_path) as here:
        prompt = await here.room.submit()
        here.room.clock.move(seconds=GRACE)
        here.answering.errors = [Forbidden("The budget is spent.")]
        assert await here.work()
        read = await here.room.queue.read(prompt.id)
        assert (read.state, read.attempts, read.history[-1].reason) == (State.idle, 0, "The budget is spent.")
        assert not await here.work()
        here.room.clock.move(seconds=GRACE)
        assert await here.work()


async def test_prompt_that_is_meant_for_the_api_fails_with_its_reason(tmp_path) -> None:
    async with opened_room(tmp_path, most_attempts=2) as here:
        prompt = await here.room.submit()
        await here.room.finish()
        await here.room.queue.replay(prompt.id, Lane.api)
        here.answering.errors = [Unavailable("OpenAI is out of reach."), Unavailable("OpenAI is out of reach.")]
        while await here.work():
            here.room.clock.move(hours=1)
        read = await here.room.queue.read(prompt.id)
        assert (read.state, read.error_message, read.dead) == (State.failed, "OpenAI is out of reach.", True)


async def test_nothing_is_claimed_without_a_key(tmp_path) -> None:
    async with opened_room(tmp_path) as here:
        await here.room.submit()
        here.answering.is_ready = False
        here.room.clock.move(seconds=GRACE)
        assert not await here.work()


async def test_prompt_of_an_earlier_run_is_uncertain_and_the_next_one_answered(tmp_path) -> None:
    async with opened_room(tmp_path, fallback_seconds=0) as here:
        sent = await here.room.submit("sent")
        await here.room.begin(WORKER)
        waiting = await here.room.submit("waiting")
        async with here.fallback.running(), asyncio.timeout(60):
            read = await here.room.queue.wait_for_end(waiting.id, 60)
            assert read.response == "WAITING"
        assert (await here.room.queue.read(sent.id)).state == State.uncertain


async def test_unforeseen_errors_do_not_end_the_way_over_the_api(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(fallback, "RESTART_SECONDS", 0.01)
    async with opened_room(tmp_path, fallback_seconds=0) as here:
        here.answering.errors = [RuntimeError() for _ in WORKERS]
        prompts = [await here.room.submit() for _ in (*WORKERS, "another")]
        async with here.fallback.running(), asyncio.timeout(60):
            ended = await here.room.queue.wait_for_end(prompts[-1].id, 60)
        assert ended.state is State.done
        assert (await here.room.queue.read(prompts[0].id)).state is State.uncertain
