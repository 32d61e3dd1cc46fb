import asyncio

import pytest

from server.core.errors import DeskhandError, Forbidden
from server.integrations.conversations.fake.server import Exchange
from server.sdk.model_answers import AnswerLost, ModelAnswers, ModelTurn

pytestmark = pytest.mark.anyio
QUESTION = (ModelTurn("user", "What is a proof?"),)


@pytest.fixture
def answers(live):
    return live.service.context.offers.require(ModelAnswers)


async def test_question_with_what_was_said_before_is_answered_and_paid(live, answers) -> None:
    assert answers.is_ready
    turns = (ModelTurn("user", "Hello"), ModelTurn("assistant", "Good day."), *QUESTION)
    answer = await answers.answer(turns, client="c1")
    assert answer.text
    assert answer.model
    assert (await live.service.spending.read_balances())[""].spent > 0
    (request,) = [request.body for request in live.fake.requests.find("/v1/responses")]
    assert [(item["role"], item["content"]) for item in request["input"]] == [(turn.role, turn.text) for turn in turns]


async def test_lost_answer_differs_from_one_that_was_not_given(live, answers) -> None:
    live.fake.drop_next(path="/v1/responses", after=True)
    with pytest.raises(AnswerLost):
        await answers.answer(QUESTION)
    live.fake.fail_next(500, path="/v1/responses")
    with pytest.raises(DeskhandError) as failed:
        await answers.answer(QUESTION)
    assert not isinstance(failed.value, AnswerLost)
    assert len(live.sent()) == 2


async def test_cancelled_question_closes_its_request_and_is_counted(live, answers, monkeypatch) -> None:
    arrived, closed = asyncio.Event(), asyncio.Event()

    async def hold(exchange, *_) -> None:
        arrived.set()
        while (await exchange._receive())["type"] != "http.disconnect":
            pass
        closed.set()

    monkeypatch.setattr(Exchange, "fail", hold)
    live.fake.fail_next(500, path="/v1/responses")
    asking = asyncio.create_task(answers.answer(QUESTION))
    async with asyncio.timeout(30):
        await arrived.wait()
        asking.cancel()
        await closed.wait()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await live.service.spending.read_balances())[""].reserved > 0, "what it can have cost at most"


async def test_question_beyond_the_budget_is_not_sent(live, answers) -> None:
    await live.service.spending.set_budget("0")
    with pytest.raises(Forbidden):
        await answers.answer(QUESTION)
    assert live.sent() == []
