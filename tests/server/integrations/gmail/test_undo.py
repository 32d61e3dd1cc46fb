import pytest


@pytest.fixture
def allowed(demo):
    """A demo with a client that may change mails and start programs."""
    names = ["trash_mail", "archive_mail", "mark_mail", "label_mail"]
    demo.make_client("bot", allow=names)
    return demo


def call(served, method: str, path: str, body: dict | None = None) -> dict:
    """Call as the client; answer its row in the activity."""
    answer = served.call(method, path, served.keys["bot"], json=body)
    assert answer.status_code == 200, answer.text
    return served.activity(1)[0]


def undo(served, entry: dict):
    return served.person("POST", f"/api/activity/{entry['id']}/undo")


def read_labels(served, mail: str) -> set[str]:
    return set(served.call("GET", f"/gmail/messages/{mail}", served.keys["bot"]).json()["labels"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("trash", None),
        ("archive", None),
        ("read", {"unread": True}),
        ("read", {"unread": False}),
        ("labels", {"add": ["STARRED"]}),
    ],
)
def test_change_of_a_mail_is_undone(allowed, path: str, body: dict | None) -> None:
    query = "in:inbox -is:starred " + ("is:unread" if body == {"unread": False} else "is:read")
    listed = allowed.call("GET", "/gmail/search", allowed.keys["bot"], params={"query": query}).json()
    mail = listed["messages"][0]["id"]
    before = read_labels(allowed, mail)
    entry = call(allowed, "POST", f"/gmail/messages/{mail}/{path}", body)
    assert read_labels(allowed, mail) != before
    assert allowed.person("GET", f"/api/activity/{entry['id']}").json()["undoable"]
    assert undo(allowed, entry).status_code == 200
    assert read_labels(allowed, mail) == before
