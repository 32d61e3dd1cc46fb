import pytest


@pytest.fixture
def allowed(demo):
    """A demo with a client that may change mails and start programs."""
    names = ["control_app"]
    demo.make_client("bot", allow=names)
    return demo


def call(served, method: str, path: str, body: dict | None = None) -> dict:
    """Call as the client; answer its row in the activity."""
    answer = served.call(method, path, served.keys["bot"], json=body)
    assert answer.status_code == 200, answer.text
    return served.activity(1)[0]


def undo(served, entry: dict):
    return served.person("POST", f"/api/activity/{entry['id']}/undo")


def test_started_program_is_stopped(allowed) -> None:
    order = {"app_name": "demo-clock", "action": "start"}
    entry = call(allowed, "POST", "/apps/control", order)
    assert undo(allowed, entry).status_code == 200
    shown = allowed.person("GET", "/api/apps").json()["apps"]
    assert not next(app["running"] for app in shown if app["name"] == "demo-clock")


def test_stopped_program_is_not_started(allowed) -> None:
    call(allowed, "POST", "/apps/control", {"app_name": "demo-clock", "action": "start"})
    assert undo(allowed, call(allowed, "POST", "/apps/control", {"app_name": "demo-clock", "action": "stop"})).status_code == 409
