"""The local API of usage and budgets."""


def test_budgets_are_set_and_usage_is_shown(demo):
    view = demo.person("PUT", "/api/openai/budget", json={"budget": "20"}).json()
    assert (view["budget"], view["spent"]) == ("20.00", "0")
    assert demo.person("PUT", "/api/openai/budget", json={"budget": "3", "project": "1"}).status_code == 200
    assert demo.person("PUT", "/api/openai/budget", json={"budget": "3", "project": "77"}).status_code == 404
    assert demo.person("PUT", "/api/openai/budget", json={"budget": None, "project": "77"}).status_code == 200
    assert demo.person("PUT", "/api/openai/budget", json={"budget": None}).json()["budget"] is None
    assert demo.person("PUT", "/api/openai/budget", json={"budget": "-5"}).status_code == 422
    assert demo.person("GET", "/api/openai/usage").json() == {"months": []}
    assert demo.person("GET", "/api/openai/calls?month=2026-11").json() == {"calls": []}
    assert demo.person("GET", "/api/openai/calls?month=november").status_code == 422
