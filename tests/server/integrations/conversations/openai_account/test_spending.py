"""Usage, cost and budgets."""

import asyncio

import pytest

from server.core.errors import Forbidden
from server.integrations.conversations.adapter.protocol import Answer, Usage
from server.integrations.conversations.openai_account.spending import Reservation

LUNA = "gpt-6-luna"  # $0.1 and $0.5 for a million tokens
SOL = "gpt-5.6-sol"  # $4 and $20
UNPRICED = "gpt-6-luna-mini"


def reserve(desk, model=SOL, output: int | None = 50_000, project="1", client="") -> Reservation:
    """Reserve a request: of SOL, $1.04 with its 10,000 tokens of input."""
    return desk.run(desk.spending.reserve(model, 10_000, output, project, client))


def settle_in(desk, reservation, answer, project="1", client=""):
    return desk.run(desk.context.database.write(desk.spending.settle_in, reservation, answer, project, client))


def total(desk):
    return desk.run(desk.spending.read_balances())[""]


def test_real_cost_replaces_what_was_reserved(desk):
    reservation = reserve(desk)
    assert total(desk).reserved == 104_000_000_000
    cost = desk.run(desk.spending.settle(reservation, Usage(input_tokens=1000, cached_tokens=200, output_tokens=100), SOL))
    assert cost == "0.00528"
    assert (total(desk).reserved, total(desk).spent) == (0, 528_000_000)


def test_budget_stops_a_request_before_it_is_exceeded(desk):
    desk.run(desk.spending.set_budget("2.07"))
    reserve(desk)
    with pytest.raises(Forbidden, match=r"The budget of \$2.07 for this month .*\$0.00 is spent, \$1.04 reserved, .*cost \$1.04"):
        reserve(desk)
    desk.run(desk.spending.set_budget("2.08"))
    reserve(desk)
    with pytest.raises(Forbidden):
        reserve(desk, LUNA, 16)


def test_budget_of_zero_allows_nothing(desk):
    desk.run(desk.spending.set_budget("0"))
    with pytest.raises(Forbidden):
        reserve(desk)


def test_simultaneous_requests_do_not_exceed_the_budget_together(desk):
    desk.run(desk.spending.set_budget("5"))

    async def reserve_all():
        each = [desk.spending.reserve(SOL, 10_000, 50_000, "1") for _ in range(20)]
        return await asyncio.gather(*each, return_exceptions=True)

    results = desk.run(reserve_all())
    assert sum(isinstance(result, Reservation) for result in results) == 4
    assert total(desk).reserved == 4 * 104_000_000_000


def test_budget_of_a_project_does_not_limit_others(desk):
    desk.run(desk.spending.set_budget("1.50", "work"))
    reserve(desk, project="work")
    with pytest.raises(Forbidden, match="this project and month"):
        reserve(desk, project="work")
    reserve(desk, project="1")
    assert desk.spending.budget_of("work") == "1.50"
    desk.run(desk.spending.set_budget(None, "work"))
    reserve(desk, project="work")


def test_next_month_begins_with_nothing_spent(desk):
    desk.run(desk.spending.set_budget("1.50"))
    reserve(desk)
    desk.clock.move(days=11)
    reserve(desk)


def test_released_reservation_counts_no_more(desk):
    desk.run(desk.spending.set_budget("1.50"))
    desk.run(desk.spending.release(reserve(desk)))
    reserve(desk)


def test_unknown_price_is_unknown_and_not_zero(desk):
    reservation = reserve(desk, UNPRICED)
    assert reservation.amount is None
    assert settle_in(desk, reservation, make_answer(UNPRICED)) is None
    [month] = desk.run(desk.spending.read_months())
    assert (month["cost"], month["unknown_calls"]) == (None, 1)


def test_unknown_price_is_refused_within_a_budget(desk):
    desk.run(desk.spending.set_budget("100"))
    with pytest.raises(Forbidden, match="price of “gpt-6-luna-mini” is not known"):
        reserve(desk, UNPRICED)


def test_request_without_a_limit_gets_one_within_a_budget(desk):
    assert reserve(desk, output=None).max_output_tokens is None
    desk.run(desk.spending.set_budget("100"))
    assert reserve(desk, output=None).max_output_tokens == 16_384


def test_other_service_costs_nothing(desk):
    desk.run(desk.spending.set_budget("0"))
    desk.run(desk.openai.change(base_url="http://127.0.0.1:9/v1"))
    reservation = reserve(desk, "llama3:8b")
    assert settle_in(desk, reservation, make_answer("llama3:8b")) == "0"
    assert desk.run(desk.spending.settle(reserve(desk, "llama3:8b"), None)) == "0"
    [month] = desk.run(desk.spending.read_months())
    assert (month["calls"], month["cost"], month["unknown_calls"]) == (2, 0, 0)
    assert desk.openai.limits.max_output_tokens is None


def test_reservation_counts_after_a_crash_until_its_answer_is_known(desk):
    desk.run(desk.spending.set_budget("1.50"))
    reserve(desk, client="c1")
    desk.restart()
    with pytest.raises(Forbidden):
        reserve(desk)
    assert settle_in(desk, None, make_answer(), client="c1") == "0.0128"
    assert (total(desk).reserved, total(desk).spent) == (0, 1_280_000_000)
    assert len(desk.run(desk.spending.read_calls("2026-11", 10))) == 1


def test_answer_without_a_reservation_is_counted(desk):
    assert settle_in(desk, None, make_answer()) == "0.0128"
    assert total(desk).spent == 1_280_000_000


def test_answer_without_usage_counts_as_what_it_costs_at_most(desk):
    assert settle_in(desk, reserve(desk), Answer(id="resp_1", text="Hello", model=SOL)) is None
    assert total(desk).reserved == 104_000_000_000
    [month] = desk.run(desk.spending.read_months())
    assert (month["cost"], month["unknown_calls"]) == (None, 1)


def test_failed_answer_without_usage_is_not_billed(desk):
    failed = Answer(id="resp_1", text="", model=SOL, status="failed")
    assert settle_in(desk, reserve(desk), failed) == "0"
    assert total(desk).reserved == 0


def test_price_of_the_requested_model_counts_if_that_of_the_answer_is_unknown(desk):
    assert settle_in(desk, reserve(desk), make_answer("gpt-5.7-secret")) == "0.0128"
    reservation = reserve(desk)
    assert desk.run(desk.spending.settle(reservation, make_answer().usage, "gpt-5.7-secret")) == "0.0128"


def test_service_tier_changes_the_price(desk):
    reservation = desk.run(desk.spending.reserve(SOL, 10_000, 50_000, "1", tier="priority"))
    assert reservation.amount == 208_000_000_000
    assert desk.run(desk.spending.settle(reservation, make_answer().usage, SOL)) == "0.0256"


@pytest.mark.parametrize(
    ("wanted", "answered", "cost"),
    [
        ("priority", "", "0.0256"),  # OpenAI says nothing
        ("priority", "default", "0.0128"),
        ("", "priority", "0.0256"),
        ("auto", "flex", "0.0064"),
        ("", "ultrafast", None),
        ("priority", "of_next_year", "0.0256"),
    ],
)
def test_cost_is_that_of_the_tier_that_served(desk, wanted, answered, cost):
    answer = make_answer(tier=answered)
    reserved = desk.run(desk.spending.reserve(SOL, 10_000, 50_000, "1", tier=wanted))
    assert settle_in(desk, reserved, answer) == cost
    assert desk.run(desk.spending.settle(reserved, answer.usage, SOL, answered)) == cost


def test_tier_of_an_answer_without_a_reservation_counts(desk):
    assert settle_in(desk, None, make_answer(tier="priority")) == "0.0256"


def test_request_within_a_budget_asks_for_the_tier_that_was_reserved(desk):
    assert reserve(desk).tier == ""
    desk.run(desk.spending.set_budget("100"))
    tiers = [desk.run(desk.spending.reserve(SOL, 10, 16, "1", tier=tier)).tier for tier in ("", "auto", "flex", "priority")]
    assert tiers == ["default", "default", "flex", "priority"]
    with pytest.raises(Forbidden, match="service tier “ultrafast” is not known"):
        desk.run(desk.spending.reserve(SOL, 10, 16, "1", tier="ultrafast"))
    desk.run(desk.openai.change(base_url="http://127.0.0.1:9/v1"))
    assert reserve(desk, "llama3:8b").tier == ""


def test_usage_is_summed_by_month_and_project(desk):
    for project, model in (("1", SOL), ("1", UNPRICED), ("work", LUNA)):
        settle_in(desk, reserve(desk, model, project=project), make_answer(model), project)
    desk.clock.move(days=20)
    settle_in(desk, reserve(desk), make_answer())
    months = desk.run(desk.spending.read_months())
    assert [(row["month"], row["project"], row["calls"], row["cost"], row["unknown_calls"]) for row in months] == [
        ("2026-12", "1", 1, 1_280_000_000, 0),
        ("2026-11", "1", 2, 1_280_000_000, 1),
        ("2026-11", "work", 1, 32_000_000, 0),
    ]


@pytest.mark.parametrize("amount", ["-1", "a lot", "1e9", "nan", "1.005", ""])
def test_budget_is_an_amount_of_dollars(desk, amount):
    with pytest.raises(ValueError, match="US dollars"):
        desk.run(desk.spending.set_budget(amount))


def make_answer(model=SOL, tier="") -> Answer:
    """Make an answer that costs $0.0128 with SOL."""
    usage = Usage(input_tokens=2200, output_tokens=200)
    return Answer(id="resp_1", text="Hello", model=model, usage=usage, service_tier=tier)
