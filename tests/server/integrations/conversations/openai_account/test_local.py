"""The local API of OpenAI, with the fake of demo mode."""

import json

import pytest

from server.integrations.conversations.fake import KEY


@pytest.fixture
def served(demo):
    return demo


def test_person_connects_openai_and_sees_what_it_costs(served):
    view = served.person("GET", "/api/openai").json()
    assert (view["key_is_set"], view["key_hint"], view["budget"], view["spent"]) == (True, KEY[-4:], None, "0")
    assert KEY not in json.dumps(view)
    assert served.person("POST", "/api/openai/test").json() == {
        "ok": True,
        "message": "OpenAI answers. 9 models can be used; conversations use gpt-6-luna.",
    }
    models = {model["id"]: model for model in served.person("GET", "/api/openai/models").json()["models"]}
    assert models["gpt-5"] == {
        "id": "gpt-5",
        "shutdown_date": "2026-12-11",
        "warning": models["gpt-5"]["warning"],
        "is_current": False,
    }
    assert "text-embedding-3-small" not in models

    changed = served.person("PUT", "/api/openai", json={"model": "gpt-5.6-sol", "temperature": 0.5, "budget": "20"}).json()
    assert (changed["model"], changed["temperature"], changed["budget"]) == ("gpt-5.6-sol", 0.5, "20.00")
    changed = served.person("PUT", "/api/openai", json={"aliases": {"gpt-4": "gpt-6-luna"}}).json()
    assert (changed["model"], changed["aliases"]) == ("gpt-5.6-sol", {"gpt-4": "gpt-6-luna"})

    for path, body in (
        ("", {"base_url": "http://evil.example/v1"}),
        ("", {"base_url": "ftp://127.0.0.1"}),
        ("", {"temperature": 3}),
        ("", {"budget": "much"}),
        ("/key", {"key": "with space and more"}),
    ):
        assert served.person("PUT", f"/api/openai{path}", json=body).status_code == 422, body
    refused = served.person("PUT", "/api/openai/key", json={"key": "sk-of-somebody-else"})
    assert refused.status_code == 401
    assert served.person("POST", "/api/openai/test").json()["ok"]  # the stored key stays
    assert not served.person("DELETE", "/api/openai/key").json()["key_is_set"]
    assert served.person("POST", "/api/openai/test").json()["message"].startswith("There is no OpenAI key.")
    assert served.person("PUT", "/api/openai/key", json={"key": KEY}).json()["ok"]
    for log in served.data.rglob("*.log"):
        assert KEY not in log.read_text()
    assert all(served.call("GET", path, key="").status_code == 404 for path in ("/api/openai", "/api/openai/models"))


def test_alias_for_a_model_that_is_not_there_is_refused(served):
    refused = served.person("PUT", "/api/openai", json={"aliases": {"gpt-4": "gpt-6-lun"}})
    assert refused.status_code == 422
    assert "gpt-6-luna" in refused.json()["detail"]
    assert "gpt-6-lun" not in served.person("GET", "/api/openai").json()["aliases"].values()
