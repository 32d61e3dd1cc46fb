import pytest

from server.core.errors import InvalidInput
from server.integrations.conversations.adapter.protocol import Turn
from server.integrations.conversations.live.effects import NO_PRICE, UNKNOWN_MODEL, UNKNOWN_PRICE, Costs
from tests.server.integrations.conversations.live_setup import opened

pytestmark = pytest.mark.anyio
TURNS = (Turn(role="user", text="Hello"),)


async def foresee(live, model="", turns=TURNS):
    return await Costs(live.context, live.openai).foresee(turns, "", model, "")


async def test_cost_names_model_tokens_and_price(live) -> None:
    await live.openai.store(max_tokens=2000)
    cost = await foresee(live, "gpt-5-mini")
    assert dict(cost.fields) == {"Model": "gpt-5-mini", "Tokens at most": "20 in, 2,000 out", "Price at most": "$0.004005"}


async def test_limit_of_the_answer_is_the_one_that_is_sent(live) -> None:
    limit = Costs(live.context, live.openai).most_output
    chat, posted = await live.ask("Hello", client="c1")
    await live.end(chat, posted)
    assert live.fake.requests.find("/v1/responses")[-1].body["max_output_tokens"] == limit


async def test_unknown_price_is_unknown_and_never_nothing(live) -> None:
    live.fake.account.models["house-model"] = None
    assert (await foresee(live, "house-model")).price == UNKNOWN_PRICE


async def test_service_of_ones_own_costs_nothing(live) -> None:
    await live.openai.change(base_url="http://127.0.0.1:11434/v1")
    assert (await foresee(live, "llama")).price == NO_PRICE


async def test_model_is_unknown_without_a_key(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        cost = await foresee(live)
        assert (cost.model, cost.model_name, cost.price) == ("", UNKNOWN_MODEL, UNKNOWN_PRICE)


async def test_retired_model_is_refused(live) -> None:
    with pytest.raises(InvalidInput, match="gpt-6-luna"):
        await foresee(live, "gpt-4")


async def test_effect_stays_the_same_while_a_conversation_grows_a_little(live) -> None:
    first = await foresee(live, turns=(Turn(role="user", text="x" * 2400),))
    second = await foresee(live, turns=(Turn(role="user", text="x" * 2500),))
    assert first == second


async def test_model_is_unknown_while_openai_is_down(live) -> None:
    live.fake.fail_next(500, path="/v1/models", times=9)
    assert (await foresee(live)).model == ""
    assert (await foresee(live, "gpt-6-luna")).model == "gpt-6-luna"
