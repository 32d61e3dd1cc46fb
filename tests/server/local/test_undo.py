import pytest


@pytest.fixture
def allowed(demo):
    """A demo with a client that may change mails and start programs."""
    names = ["mark_mail", "send_mail"]
    demo.make_client("bot", allow=names)
    return demo


def call(served, method: str, path: str, body: dict | None = None) -> dict:
    """Call as the client; answer its row in the activity."""
    answer = served.call(method, path, served.keys["bot"], json=body)
    assert answer.status_code == 200, answer.text
    return served.activity(1)[0]


def undo(served, entry: dict):
    return served.person("POST", f"/api/activity/{entry['id']}/undo")


def test_call_is_undone_once(allowed) -> None:
    mail = allowed.call("GET", "/gmail/search", allowed.keys["bot"], params={"query": "is:read"}).json()["messages"][0]["id"]
    entry = call(allowed, "POST", f"/gmail/messages/{mail}/read", {"unread": True})
    assert allowed.person("GET", f"/api/activity/{entry['id']}").json()["undoable"]
    assert [undo(allowed, entry).status_code for _ in range(2)] == [200, 409]
    assert not allowed.person("GET", f"/api/activity/{entry['id']}").json()["undoable"]


def test_call_without_an_inverse_is_not_undone(allowed) -> None:
    sent = call(allowed, "POST", "/gmail/send", {"to": "ann@example.com", "subject": "Hello", "body": "Hi"})
    listed = call(allowed, "GET", "/apps/list")
    for entry in (sent, listed):
        assert not allowed.person("GET", f"/api/activity/{entry['id']}").json()["undoable"]
        assert undo(allowed, entry).status_code == 409
