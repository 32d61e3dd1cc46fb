import re
import threading

import pytest

from server.demo.traffic import TrafficSchedule, choose_base
from server.http.addresses import Address
from server.sdk.demo import Persona
from tests.server.conftest import serve

__all__ = ["serve"]

GPT, SCRIPT = Persona.gpt.value, Persona.script.value
QUICK = TrafficSchedule(opening_seconds=0, shortest=0, longest=0.001, rounds=1)


@pytest.fixture
def wait_for():
    """Wait until something is true, for a while."""
    waiting = threading.Event()

    def wait(true, seconds=60):
        for _ in range(seconds * 20):
            if result := true():
                return result
            waiting.wait(0.05)
        raise AssertionError("it did not happen")

    return wait


@pytest.fixture
def visited(serve, wait_for):
    """A demo in which everything was done once."""
    server = serve(demo=True, visitor=QUICK)
    wait_for(
        lambda: [entry for entry in list_calls(server, "control_app") if entry["arguments"]["order"]["action"] == "stop"][1:]
    )
    return server


def list_calls(server, operation=None):
    return [entry for entry in server.activity(200) if operation in {None, entry["operation"]}]


def names(server):
    return [client["name"] for client in server.person("GET", "/api/clients").json() if not client["revoked_at"]]


def test_activity_shows_the_calls_of_the_gpt_and_the_script(visited):
    calls = list_calls(visited)
    assert {call["client"] for call in calls} == {GPT, SCRIPT}
    done = {call["operation"] for call in calls if call["outcome"] == "done"}
    assert done >= {"summarize_unread", "search_mail", "read_mail", "list_mail", "read_thread", "list_apps", "read_app"}
    assert done >= {"reply_to_mail", "mark_mail", "control_app"}


def test_first_call_of_the_demo_asks_to_send_a_mail_and_sends_it_when_approved(visited):
    first = visited.activity(200)[-1]
    assert (first["client"], first["operation"], first["outcome"]) == (GPT, "send_mail", "waiting")
    (request,) = [entry for entry in visited.person("GET", "/api/approvals").json() if entry["operation"] == "send_mail"]
    assert {field["name"]: field["value"] for field in request["fields"]}["To"] == "priya.nair@example.net"
    approved = visited.person("POST", f"/api/approvals/{request['id']}/approve", json={"extent": "once"})
    assert approved.json()["message"] == "my-gpt sent an email to priya.nair@example.net."
    assert [entry["outcome"] for entry in list_calls(visited, "send_mail")] == ["done"]


def test_traffic_includes_pending_and_failed_calls(visited):
    assert [entry["outcome"] for entry in list_calls(visited, "trash_mail")] == ["waiting"]
    pending = [entry["operation"] for entry in visited.person("GET", "/api/approvals").json()]
    assert [name for name in pending if name.endswith("_mail")] == ["send_mail", "trash_mail"]
    assert "failed" in {entry["outcome"] for entry in list_calls(visited, "control_app")}
    assert "failed" in {entry["outcome"] for entry in list_calls(visited, "read_mail")}


def test_three_conversations_are_answered_in_their_thread(visited):
    answered = [entry["sentence"] for entry in list_calls(visited, "reply_to_mail")]
    assert len(answered) == 3
    assert any("northside-heating" in sentence for sentence in answered)


def test_keys_are_not_stored(visited):
    files = [path for path in visited.data.rglob("*") if path.is_file()]
    assert any(b"dh_" in path.read_bytes() for path in files), "the keys' beginnings are kept"
    assert not [path for path in files if re.search(rb"dh_[A-Za-z0-9_-]{20}", path.read_bytes())]


def test_clients_are_reused_at_the_next_start(serve, visited, wait_for):
    visited.person("PATCH", f"/api/clients/{SCRIPT}", json={"policies": {"list_mail": "deny"}})
    visited.background.stop()
    again = serve(data=visited.data, demo=True, visitor=QUICK)
    wait_for(lambda: len(list_calls(again, "summarize_unread")) > 2)
    assert sorted(names(again)) == [SCRIPT, GPT]
    assert again.person("GET", f"/api/clients/{SCRIPT}").json()["operations"]["list_mail"] == "deny"
    assert {entry["client"] for entry in list_calls(again)} == {GPT, SCRIPT}


def test_revoked_client_is_refused_and_the_traffic_continues(serve, wait_for):
    server = serve(demo=True, visitor=TrafficSchedule(opening_seconds=0.02, shortest=0.02, longest=0.03))
    wait_for(lambda: list_calls(server, "search_mail"))
    server.person("DELETE", f"/api/clients/{GPT}")
    latest = server.activity(1)[0]["id"]
    later = wait_for(lambda: [entry for entry in server.activity(200) if entry["id"] > latest + 2])
    assert {entry["client"] for entry in later} == {SCRIPT}


def test_traffic_ends_with_the_program_and_stops_its_app(serve, wait_for):
    server = serve(demo=True, visitor=TrafficSchedule(opening_seconds=0, shortest=3600, longest=3600))
    wait_for(lambda: clock_runs(server))
    assert server.background.stop()
    assert not clock_runs(serve(data=server.data, demo=True))


def clock_runs(server):
    return next(app["running"] for app in server.person("GET", "/api/apps").json()["apps"] if app["name"] == "demo-clock")


def test_traffic_uses_the_tunnel_while_it_is_open(serve, wait_for):
    server = serve(demo=True, visitor=TrafficSchedule(opening_seconds=0.02, shortest=0.02, longest=0.03))
    opened = server.person("POST", "/api/tunnel/open")
    assert opened.status_code < 300, opened.text
    address = wait_for(lambda: server.person("GET", "/api/tunnel").json()["address"])
    wait_for(lambda: address in server.person("GET", f"/api/clients/{GPT}").json().get("used_through", []))


def test_traffic_needs_a_schedule_and_the_demo(serve, tmp_path):
    quiet, real = serve(tmp_path / "demo", demo=True), serve(tmp_path / "own", visitor=QUICK)
    for server in (quiet, real):
        assert names(server) == []
        assert server.activity() == []


@pytest.mark.parametrize(
    ("public_url", "base"),
    [
        (None, "http://127.0.0.1:8000"),
        ("http://127.0.0.1:4040", "http://127.0.0.1:4040"),
        ("https://desk.example.org", "http://127.0.0.1:8000"),
    ],
)
def test_traffic_stays_on_this_computer(public_url, base):
    address = Address(8000)
    address.set_public_url(public_url)
    assert choose_base(address) == base


def test_gpt_of_the_demo_fits_chatgpt(visited):
    document = visited.person("GET", f"/api/clients/{GPT}/document").json()
    assert (document["warnings"], document["operations"] <= document["most"]) == ([], True)
