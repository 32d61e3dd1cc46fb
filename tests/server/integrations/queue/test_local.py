import pytest

from tests.window.queueing import queueing


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with queueing(tmp_path_factory.mktemp("queue") / "data") as server:
        yield server


def test_prompt_goes_through_what_the_person_can_do(server) -> None:
    prompt_id = server.submit("Wait")
    other_id = server.submit("Other")
    path = f"/api/queue/prompts/{prompt_id}"
    assert server.person("PUT", path, json={"message": "Wait longer"}).status_code == 204
    assert server.person("POST", f"{path}/move", json={"place": "last"}).status_code == 204
    waiting = server.person("GET", "/api/queue/prompts?group=waiting").json()
    assert [prompt["id"] for prompt in waiting["prompts"]] == [other_id, prompt_id]
    details = server.person("GET", path).json()
    assert (details["text"], details["position"]) == ("Wait longer", 2)
    number = details["number"]
    assert server.person("GET", f"/api/queue/numbers/{number}").json() == {"id": prompt_id}
    assert server.person("POST", f"{path}/cancel").status_code == 204
    assert server.person("POST", f"{path}/cancel").status_code == 409
    assert server.person("POST", f"{path}/retry").status_code == 204
    assert server.person("POST", f"{path}/cancel").status_code == 204
    assert server.person("POST", f"{path}/replay", json={}).status_code == 204
    assert server.person("GET", "/api/queue/prompts/none").status_code == 404
    server.person("POST", f"{path}/cancel")
    server.person("POST", f"/api/queue/prompts/{other_id}/cancel")


def test_uncertain_prompt_is_settled(server) -> None:
    path = f"/api/queue/prompts/{server.lose('Lost')}"
    assert server.person("GET", "/api/queue/summary").json()["uncertain"] == 1
    assert server.person("POST", f"{path}/resolve", json={"decision": "perhaps"}).status_code == 422
    assert server.person("POST", f"{path}/resolve", json={"decision": "fail"}).status_code == 204
    assert server.person("GET", path).json()["state"] == "failed"


def test_dead_letters_are_retried_and_discarded(server) -> None:
    prompt_id = server.fail("Unlucky")
    assert server.person("POST", "/api/queue/dead/retry").json() == {"count": 1}
    server.person("POST", f"/api/queue/prompts/{prompt_id}/cancel")
    server.fail("Unlucky again")
    assert server.person("POST", "/api/queue/dead/discard").json() == {"count": 1}
    assert server.person("GET", "/api/queue/prompts?group=dead").json() == {"prompts": [], "total": 0}


def test_queue_is_paused_drained_and_resumed(server) -> None:
    for order, expected in (
        ("pause", (True, False)),
        ("resume", (False, False)),
        ("drain", (False, True)),
        ("resume", (False, False)),
    ):
        assert server.person("POST", f"/api/queue/{order}").status_code == 204
        summary = server.person("GET", "/api/queue/summary").json()
        assert (summary["paused"], summary["draining"]) == expected
    assert server.person("POST", "/api/queue/stop").status_code == 422


def test_rules_are_changed_and_wrong_ones_refused(server) -> None:
    changed = server.person("PUT", "/api/queue/settings", json={"daily_cap": 7, "on_unavailable_mode": "fail"}).json()
    assert (changed["daily_cap"], changed["on_unavailable_mode"], changed["api_fallback"]) == (7, "fail", False)
    assert server.person("PUT", "/api/queue/settings", json={"daily_cap": None}).json()["daily_cap"] is None
    assert server.person("PUT", "/api/queue/settings", json={"daily_cap": 0}).status_code == 422
    assert server.person("PUT", "/api/queue/settings", json={"pause_seconds": -1}).status_code == 422


def test_tray_has_a_line_while_there_is_work(server) -> None:
    assert server.person("GET", "/api/status").json()["lines"] == []
    prompt_id = server.submit("Wait")
    assert server.person("GET", "/api/status").json()["lines"] == ["Browser queue: 1 waiting"]
    server.person("POST", f"/api/queue/prompts/{prompt_id}/cancel")


def test_chats_are_listed(server) -> None:
    server.answer("Hello", "World", chat_id="abc", chat_title="Greetings")
    assert "Greetings" in [chat["title"] for chat in server.person("GET", "/api/queue/chats").json()["chats"]]
