"""OpenAI as the person sees it."""

from server.integrations.conversations.openai_views import test_connection as check_connection
from server.integrations.conversations.openai_views import view_usage


def row(**changes):
    usual = {"month": "2026-11", "project": "1", "name": "Default", "calls": 1, "input_tokens": 10, "output_tokens": 2}
    return {**usual, "cost": 100_000_000_000, "unknown_calls": 0, **changes}


def test_months_add_up_their_projects():
    report = view_usage([row(month="2026-12", project="p", name=None, cost=None, unknown_calls=1), row(), row(project="2")])
    december, november = report.months
    assert (november.month, november.cost, november.input_tokens, november.calls) == ("2026-11", "2", 20, 2)
    assert (december.cost, december.unknown_calls) == (None, 1)
    assert december.projects[0].name == "p"


def test_result_warns_of_the_end_of_the_model(desk):
    desk.run(desk.openai.change(model="gpt-5"))
    assert desk.run(check_connection(desk.openai)).message.endswith("gpt-5. gpt-5: Will be shut down on 2026-12-11.")


def test_result_names_what_is_wrong(desk):
    desk.run(desk.openai.change(model="gpt-4"))
    result = desk.run(check_connection(desk.openai))
    assert not result.ok
    assert "gpt-4" in result.message
    desk.fake.account.keys.clear()
    result = desk.run(check_connection(desk.openai))
    assert (result.ok, "refuses the key" in result.message) == (False, True)
