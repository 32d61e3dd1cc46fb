"""Routes of the public API, over a real server."""

from urllib.parse import urlsplit

import pytest

from tests.server.integrations.omi.pendant import FIRST_FORM, make_memory

LIST_FIELDS = {"id", "title", "created_at", "category", "overview"}


def accept_all(served) -> None:
    for question in served.person("GET", "/api/approvals").json():
        assert served.person("POST", f"/api/approvals/{question['id']}/approve", json={}).status_code == 200


@pytest.fixture
def served(serve):
    return serve()


def test_client_with_the_scope_hands_over_and_reads(served) -> None:
    answers = {
        "/chatgpt/webhook/memory?uid=test_user": {"status": "success", "message": "Memory data received and logged"},
        "/chatgpt/memory?uid=test_user": {"message": "Memory successfully received and stored"},
    }
    for path, expected in answers.items():
        answer = served.call("POST", path, json=FIRST_FORM)
        assert (answer.status_code, answer.json()) == (200, expected)
    assert served.call("GET", "/api/conversations").json()["conversations"] == []
    accept_all(served)
    (line,) = served.call("GET", "/api/conversations").json()["conversations"]
    assert set(line) == LIST_FIELDS
    whole = served.call("GET", f"/api/conversations/{line['id']}").json()
    assert whole["transcript"] == "[0:00:10 - 0:00:20] Speaker 0: Test segment text"
    assert whole["structured"] == FIRST_FORM["structured"]
    assert {name: whole[name] for name in ("created_at", "started_at", "finished_at")} == {
        name: FIRST_FORM[name] for name in ("created_at", "started_at", "finished_at")
    }


def test_missing_scope_and_missing_key_are_refused(served) -> None:
    reader = served.make_client("reader", scopes=["read:memories"])
    for path in ("/chatgpt/webhook/memory?uid=me", "/chatgpt/memory?uid=me"):
        assert served.call("POST", path, reader, json=FIRST_FORM).status_code == 403
        assert served.call("POST", path, key="", json=FIRST_FORM).status_code == 401
    other = served.make_client("other", scopes=["read:apps"])
    assert served.call("GET", "/api/conversations", other).status_code == 403
    assert served.call("GET", "/api/conversations", key="").headers["www-authenticate"].startswith("Bearer")


def test_ingesting_operation_is_neither_read_only_nor_destructive(served) -> None:
    served.call("POST", "/chatgpt/memory?uid=me", json=FIRST_FORM)
    entry = served.activity()[0]
    assert (entry["changes"], entry["reason"]) == (False, "Keeping what it hands over is allowed.")
    document = served.call("GET", "/openapi.json", key="").json()
    assert document["paths"]["/chatgpt/memory"]["post"]["x-openai-isConsequential"] is False


def test_pause_stops_clients_and_not_omi(served) -> None:
    address = urlsplit(served.person("POST", "/api/omi/address").json()["addresses"]["memory"])
    served.person("POST", "/api/pause", json={"minutes": 5})
    assert served.call("POST", "/chatgpt/memory?uid=me", json=FIRST_FORM).status_code == 503
    assert served.call("POST", f"{address.path}?uid=me", key="", json=FIRST_FORM).status_code == 200
    served.person("DELETE", "/api/pause")
    assert served.call("POST", "/chatgpt/memory?uid=me", json=FIRST_FORM).status_code == 200


def test_unknown_id_is_404_and_null_stays_null(served) -> None:
    key = served.make_client(allow=["delete_conversation", "mark_action_item"])
    served.call("POST", "/chatgpt/memory?uid=me", key, json=make_memory(started_at=None, finished_at=None))
    accept_all(served)
    whole = served.call("GET", "/api/conversations/c1", key).json()
    assert whole["started_at"] is None
    assert whole["finished_at"] is None
    (item,) = served.call("GET", "/api/action-items?completed=false", key).json()["action_items"]
    done = served.call("PUT", f"/api/action-items/{item['id']}", key, json={"completed": True})
    assert done.status_code == 200, done.text
    assert served.call("GET", "/api/action-items?completed=false", key).json()["action_items"] == []
    assert served.call("DELETE", "/api/conversations/c1", key).status_code == 200
    for method, path in (("GET", "/api/conversations/c1"), ("DELETE", "/api/conversations/c1")):
        answer = served.call(method, path, key)
        assert (answer.status_code, answer.json()["detail"][:22]) == (404, "Conversation not found")
    served.call("POST", "/chatgpt/memory?uid=me", key, json=make_memory(updated_at="2030-01-01T00:00:00Z"))
    assert served.call("GET", "/api/conversations/c1", key).status_code == 404
    assert served.call("GET", "/api/conversations?start_date=soon", key).status_code == 422
    assert served.call("GET", "/api/live-transcript", key).json()["transcript"] == ""
    assert served.call("GET", "/api/day-summaries", key).json() == {"day_summaries": []}


def test_client_cannot_overwrite_a_conversation_of_omi(served) -> None:
    path = served.person("POST", "/api/omi/address").json()["addresses"]["memory"].removeprefix(served.public)
    assert served.call("POST", path + "?uid=me", key="", json=make_memory()).status_code == 200
    accept_all(served)
    poison = make_memory(updated_at="9998-01-01T00:00:00Z", discarded=True)
    for where in ("/chatgpt/memory?uid=me", "/chatgpt/webhook/memory?uid=me"):
        answer = served.call("POST", where, json=poison)
        assert (answer.status_code, "id of its own" in answer.json()["detail"]) == (409, True)
        assert served.call("POST", where, json=make_memory("mine")).status_code == 200
        assert served.call("POST", where, json=make_memory("mine", structured={"title": "Changed"})).status_code == 200
        assert served.call("POST", where, json=make_memory()).status_code == 200  # the very same: nothing changes
    lines = served.call("GET", "/api/conversations").json()["conversations"]
    assert {line["id"]: line["title"] for line in lines} == {"c1": "Timeline talk", "mine": "Changed"}
