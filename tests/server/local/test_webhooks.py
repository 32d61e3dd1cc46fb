import pytest
from standardwebhooks import Webhook

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests.server.conftest import Served
from tests.server.outbound.webhooks.receiver import Receiver, honest, status


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    data = tmp_path_factory.mktemp("webhooks") / "data"
    background = BackgroundServer(Program(Options(port=0, data_dir=data, demo=True)))
    ready = background.start()
    yield Served(background, ready.public, ready.local, data)
    assert background.stop()


@pytest.fixture
def receiver():
    with Receiver().in_thread() as receiver:
        yield receiver


def test_webhook_is_added_tested_rotated_and_removed(served, receiver):
    assert served.person("PUT", "/api/webhooks/local-receivers", json={"addresses": [receiver.listed]}).json() == {
        "addresses": [receiver.listed]
    }
    made = served.person("POST", "/api/webhooks", json={"url": receiver.url("/hook"), "name": " n8n ", "types": ["note.written"]})
    assert made.status_code == 201
    webhook, secret = made.json()["webhook"], made.json()["secret"]
    assert (webhook["name"], webhook["state"], webhook["types"]) == ("n8n", "enabled", ["note.written"])
    path = f"/api/webhooks/{webhook['id']}"

    receiver.behave("/hook", status("500 Oops", body=b"no"), honest)
    tested = served.person("POST", f"{path}/test").json()
    assert (tested["state"], tested["attempts"][0]["status"], tested["attempts"][0]["answer"]) == ("waiting", 500, "no")
    assert tested["next_attempt_at"] and tested["receiver"] == "n8n"
    Webhook(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)

    listed = served.person("GET", "/api/webhooks")
    assert secret not in listed.text and listed.json()["webhooks"][0]["waiting"] == 1
    new = served.person("POST", f"{path}/rotate").json()["secret"]
    assert new.startswith("whsec_") and new != secret
    given_up = served.person("POST", f"/api/webhooks/deliveries/{tested['id']}/give-up").json()
    assert given_up["state"] in {"dead", "delivered"}
    assert served.person("PUT", path, json={"state": "disabled"}).json()["state"] == "disabled"
    assert served.person("POST", f"{path}/test").status_code == 409
    assert served.person("PUT", path, json={"state": "enabled", "types": []}).json()["types"] == []
    assert served.person("POST", f"{path}/retry").status_code == 200
    assert served.person("DELETE", path).status_code == 204
    assert served.person("GET", "/api/webhooks").json()["webhooks"] == []


def test_log_is_read_in_pages_with_bodies_and_replayed(served, receiver):
    served.person("PUT", "/api/webhooks/local-receivers", json={"addresses": [receiver.listed]})
    webhook = served.person("POST", "/api/webhooks", json={"url": receiver.url("/hook")}).json()["webhook"]["id"]
    ids = [served.person("POST", f"/api/webhooks/{webhook}/test").json()["id"] for _ in range(3)]
    first = served.person("GET", "/api/webhooks/deliveries?limit=2&state=delivered").json()
    assert [entry["id"] for entry in first["deliveries"]] == ids[:0:-1]
    second = served.person("GET", f"/api/webhooks/deliveries?limit=2&endpoint={webhook}&cursor={first['next']}").json()
    assert ([entry["id"] for entry in second["deliveries"]], second["next"]) == (ids[:1], None)
    assert "test of Deskhand" in served.person("GET", f"/api/webhooks/deliveries/{ids[0]}").json()["body"]
    assert served.person("POST", f"/api/webhooks/deliveries/{ids[0]}/replay").status_code == 200
    for verb in ("replay", "discard"):
        assert served.person("POST", f"/api/webhooks/deliveries/{verb}", json={}).json() == {"count": 0}


@pytest.mark.parametrize(
    ("method", "path", "body", "status_code"),
    [
        ("POST", "/api/webhooks", {"url": "http://127.0.0.1/"}, 422),
        ("POST", "/api/webhooks", {"url": "https://example.com/"}, 422),  # in demo mode
        ("POST", "/api/webhooks", {"url": "https://x/", "types": ["no type"]}, 422),
        ("POST", "/api/webhooks", {}, 422),
        ("PUT", "/api/webhooks/whe_x", {"name": "x"}, 404),
        ("DELETE", "/api/webhooks/whe_x", None, 404),
        ("POST", "/api/webhooks/deliveries/7/replay", None, 404),
        ("GET", "/api/webhooks/deliveries/99999999999999999999", None, 422),
        ("GET", "/api/webhooks/deliveries?cursor=x", None, 422),
        ("GET", "/api/webhooks/deliveries?state=odd", None, 422),
        ("PUT", "/api/webhooks/local-receivers", {"addresses": ["8.8.8.8:80"]}, 422),
    ],
)
def test_bad_request_gets_a_sentence(served, method, path, body, status_code):
    answer = served.person(method, path, json=body)
    assert answer.status_code == status_code and answer.json()["detail"]


def test_own_ports_cannot_be_receivers(served):
    for address in (served.public, served.local):
        assert served.person("POST", "/api/webhooks", json={"url": f"{address}/hook"}).status_code == 422
        listed = served.person("PUT", "/api/webhooks/local-receivers", json={"addresses": [address.removeprefix("http://")]})
        assert listed.status_code == 422 and "own address" in listed.json()["detail"]
