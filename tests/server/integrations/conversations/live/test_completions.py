import pytest

from server.core.errors import Forbidden, UpstreamFailed
from server.integrations.conversations.adapter.protocol import Turn, Uncertain
from server.integrations.conversations.live.models import Project

pytestmark = pytest.mark.anyio
NONE = Project(id="", name="")


async def complete(live, project=NONE):
    turns = (Turn(role="user", text="Hello"),)
    return await live.service.completions.complete(turns, "gpt-6-luna", project, "c1", 1000)


async def test_answer_is_settled_and_stored_if_there_is_a_project(live) -> None:
    answer, chat_id = await complete(live)
    assert (bool(answer.text), chat_id) == (True, None)
    assert (await live.service.spending.read_balances())[""].spent > 0
    _, chat_id = await complete(live, Project(id="1", name="Default"))
    assert (await live.texts(await live.chats.find(chat_id)))[0] == "Hello"


async def test_lost_answer_is_uncertain_and_counts_as_what_it_may_have_cost(live) -> None:
    live.fake.drop_next(path="/v1/responses", after=True)
    with pytest.raises(Uncertain):
        await complete(live)
    assert (await live.service.spending.read_balances())[""].reserved > 0
    assert len(live.sent()) == 1


async def test_failed_answer_costs_nothing(live) -> None:
    live.fake.fail_next(500, path="/v1/responses")
    with pytest.raises(UpstreamFailed):
        await complete(live)
    assert (await live.service.spending.read_balances())[""].reserved == 0


async def test_question_within_a_budget_asks_for_the_service_tier_that_was_reserved(live) -> None:
    await live.service.spending.set_budget("1")
    await complete(live)
    assert live.fake.requests.find("/v1/responses")[-1].body["service_tier"] == "default"


async def test_question_beyond_the_budget_is_not_sent(live) -> None:
    await live.service.spending.set_budget("0")
    with pytest.raises(Forbidden):
        await complete(live)
    assert live.sent() == []
