"""Usage and cost as the person sees them."""

from server.integrations.conversations.openai_account.usage_views import view_call, view_usage


def row(**changes):
    usual = {"month": "2026-11", "project": "1", "name": "Default", "calls": 1, "input_tokens": 10, "output_tokens": 2}
    return {**usual, "cost": 100_000_000_000, "unknown_calls": 0, **changes}


def test_months_add_up_their_projects():
    report = view_usage([row(month="2026-12", project="p", name=None, cost=None, unknown_calls=1), row(), row(project="2")])
    december, november = report.months
    assert (november.month, november.cost, november.input_tokens, november.calls) == ("2026-11", "2", 20, 2)
    assert (december.cost, december.unknown_calls) == (None, 1)
    assert december.projects[0].name == "p"


def test_cost_of_a_call_is_unknown_or_dollars():
    call = {"at": "", "project": "1", "client": "", "model": "m", "input_tokens": 1, "cached_tokens": 0, "output_tokens": 1}
    assert view_call({**call, "cost": None}).cost is None
    assert view_call({**call, "cost": 150_000_000_000}).cost == "1.5"
