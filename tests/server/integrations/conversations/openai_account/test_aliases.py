"""Aliases: names that stand for models."""

import pytest

from server.core.errors import InvalidInput
from server.integrations.conversations.openai_account.aliases import check_aliases


def test_model_that_is_not_there_is_refused_with_similar_and_current_ones(desk):
    with pytest.raises(InvalidInput, match=r"no model “gpt-5\.6-so”, .* Use gpt-5\.6-sol, .*gpt-6-luna.* or ") as refusal:
        desk.run(check_aliases(desk.openai, ["gpt-5", "gpt-5.6-so"]))
    assert refusal.value.extra["models"][0] == "gpt-5.6-sol"


def test_model_that_is_there_is_accepted(desk):
    desk.run(check_aliases(desk.openai, ["gpt-5", "gpt-6-luna"]))
    desk.fake.account.models["gpt-7"] = None
    desk.clock.move(minutes=11)
    desk.run(check_aliases(desk.openai, ["gpt-7"]))


def test_model_that_an_alias_stands_for_already_is_left(desk):
    desk.run(desk.openai.change(aliases={"gpt-4": "gpt-gone"}))
    desk.run(check_aliases(desk.openai, ["gpt-gone"]))


def test_model_is_accepted_while_the_list_cannot_be_read(desk):
    desk.fake.fail_next(503, times=9, retry_after=0.01)
    desk.run(check_aliases(desk.openai, ["gpt-unknown"]))


def test_model_of_another_service_is_accepted(new_desk):
    new_desk.run(new_desk.openai.change(base_url=new_desk.fake.base_url))
    new_desk.fake.requests.clear()
    new_desk.run(check_aliases(new_desk.openai, ["llama3:8b"]))
    assert not new_desk.fake.requests.arrived
