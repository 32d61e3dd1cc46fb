"""Gmail as a client meets it: over the public surface of a server in demo mode."""

import asyncio
import base64
import re

import pytest

from server.integrations.gmail import integration
from server.integrations.gmail.fake.recipients import read_recipients
from server.runtime.catalogue import list_operations
from server.sdk.operation import operation_of
from tests.checks.conftest import sign_in
from tests.checks.waiting import until

ALEX, OTHER = "alex@example.com", "alex.morgan@example.org"
SEED_FIELDS = {"id", "thread_id", "from_email", "to", "subject", "body", "date", "snippet"}
CHANGES = [
    "send_mail",
    "reply_to_mail",
    "save_attachment",
    "create_draft",
    "update_draft",
    "send_draft",
    "delete_draft",
    "label_mail",
    "mark_mail",
    "archive_mail",
    "trash_mail",
    "untrash_mail",
]


@pytest.fixture
def client(demo):
    demo.make_client("bot", allow=CHANGES)
    return demo


def first(client, query, **options):
    (message,) = client.call("GET", "/gmail/search", params={"query": query, **options}).json()["messages"]
    return message


def test_list_is_a_bare_array_with_its_next_page_in_a_header(client):
    answer = client.call("GET", "/gmail/messages?max_results=10&query=in:inbox")
    mails = answer.json()
    assert len(mails) == 10
    assert all(set(mail) >= SEED_FIELDS and isinstance(mail["to"], list) for mail in mails)
    more = client.call(
        "GET", "/gmail/messages", params={"query": "in:inbox", "page_token": answer.headers["X-Next-Page-Token"]}
    ).json()
    assert not {mail["id"] for mail in mails} & {mail["id"] for mail in more}


def test_message_and_thread_are_read(client):
    first_message = first(client, '"valve in stock"')
    mail = client.call("GET", f"/gmail/messages/{first_message['id']}").json()
    assert set(mail) >= SEED_FIELDS
    thread = client.call("GET", f"/gmail/threads/{first_message['thread_id']}").json()
    assert first_message["id"] in {message["id"] for message in thread["messages"]}


def test_mail_is_sent_and_replied_to(client):
    sent = client.call("POST", "/gmail/send", json={"to": OTHER, "subject": "Lunch", "body": "Tuesday?", "cc": [ALEX]})
    assert (sent.status_code, sent.json()["message"]) == (200, "Email sent successfully")
    arrived = first(client, "subject:Lunch in:inbox", account=OTHER)
    answer = client.call("POST", "/gmail/reply", json={"thread_id": arrived["thread_id"], "body": "Yes", "account": OTHER})
    assert {name: answer.json()[name] for name in ("success", "message", "account")} == {
        "success": True,
        "message": "Reply sent successfully",
        "account": OTHER,
    }
    assert len(client.call("GET", f"/gmail/threads/{sent.json()['thread_id']}").json()["messages"]) == 2


def test_activity_has_the_mail_verbatim(client):
    client.call("POST", "/gmail/send", json={"to": "bob@example.com", "subject": "Lunch", "body": "Tuesday?"})
    (entry,) = [record for record in client.activity() if record["operation"] == "send_mail"]
    assert entry["sentence"] == "sent an email to bob@example.com"
    assert "Tuesday?" in str(entry)


def test_large_attachment_is_sent_and_downloaded(client):
    content = base64.b64encode(bytes(range(256)) * 12_000).decode()
    file = {"name": "big.bin", "content": content}
    sent = client.call("POST", "/gmail/send", json={"to": ALEX, "subject": "Big", "body": "b", "attachments": [file]})
    assert sent.status_code == 200, sent.text
    (attached,) = client.call("GET", f"/gmail/messages/{sent.json()['message_id']}").json()["attachments"]
    path = f"/gmail/messages/{sent.json()['message_id']}/attachments/{attached['attachment_id']}"
    (handed,) = client.call("GET", path).json()["openaiFileResponse"]
    assert handed["content"] == content
    saved = client.call("POST", f"{path}/save").json()
    again = client.call("POST", "/gmail/send", json={"to": ALEX, "subject": "Again", "body": "b", "files": [saved["name"]]})
    assert again.status_code == 200


def test_draft_is_created_and_deleted(client):
    draft = client.call("POST", "/gmail/drafts", json={"to": "bob@example.com", "subject": "s", "body": "b"}).json()
    path = f"/gmail/drafts/{draft['draft_id']}"
    assert draft["draft_id"] in {listed["draft_id"] for listed in client.call("GET", "/gmail/drafts").json()["drafts"]}
    assert client.call("PUT", path, json={"to": "eve@example.com", "subject": "s2", "body": "b2"}).status_code == 200
    assert client.call("GET", path).json()["mail"]["to"] == ["eve@example.com"]
    assert client.call("POST", f"{path}/send").json()["success"]
    assert client.call("DELETE", path).status_code == 404
    other = client.call("POST", "/gmail/drafts", json={"subject": "gone"}).json()
    assert client.call("DELETE", f"/gmail/drafts/{other['draft_id']}").json()["success"]


def test_yes_to_these_recipients_does_not_cover_an_unseen_one(google, add_case, serve, tmp_path, monkeypatch):
    monkeypatch.setenv("DESKHAND_DEMO_GOOGLE", "own")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    asyncio.run(sign_in(google, data))
    server = serve(data, demo=True)
    server.make_client("bot", allow=["create_draft"])

    def ask(draft_id: str) -> dict:
        response = server.call("POST", f"/gmail/drafts/{draft_id}/send", headers={"Prefer": "respond-async"})
        assert response.status_code == 202, response.text
        (question,) = server.person("GET", "/api/approvals").json()
        return question

    def approve(question: dict, extent: str) -> None:
        approved = server.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": extent})
        assert approved.status_code == 200, approved.text
        until(lambda: server.call("GET", f"/approvals/{question['id']}").json()["status"] == "done")

    to_priya = {"to": "priya@example.net", "subject": "s", "body": "b"}
    first, second = (server.call("POST", "/gmail/drafts", json=to_priya).json()["draft_id"] for _ in range(2))
    approve(ask(first), "recipients")
    assert server.call("POST", f"/gmail/drafts/{second}/send").status_code == 200

    add_case("draft-unseen-cc")
    drafts = server.call("GET", "/gmail/drafts").json()["drafts"]
    question = ask(next(field["draft_id"] for field in drafts if field["subject"] == "Draft c"))
    everybody = {"priya@example.net", OTHER, "eve@evil.example"}
    assert everybody <= set(question["recipients"])
    shown = str([field["value"] for field in question["fields"] if field["name"] in {"To", "Cc"}])
    assert all(address in shown and address in question["sentence"] for address in everybody)
    assert not google.mailboxes[OTHER].search("subject:Draft")

    approve(question, "once")
    (arrived,) = google.mailboxes[OTHER].search("subject:Draft")
    assert set(read_recipients(arrived.raw)) == everybody


def test_message_is_labelled(client):
    path = f"/gmail/messages/{first(client, chr(34) + 'valve in stock' + chr(34))['id']}"
    assert "Travel" in client.call("POST", f"{path}/labels", json={"add": ["travel"]}).json()["labels"]
    assert client.call("POST", f"{path}/read", json={"unread": False}).json()["success"]
    assert client.call("POST", f"{path}/archive").json()["success"]
    assert client.call("POST", f"{path}/trash").json()["success"]
    assert client.call("POST", f"{path}/untrash").json()["success"]
    mail = client.call("GET", path).json()
    assert (mail["unread"], "INBOX" in mail["labels"], "Travel" in mail["labels"]) == (False, False, True)
    for add, remove in (("STARRED", []), ([], "STARRED"), ('["STARRED"]', "[]"), ("[]", '["STARRED"]')):
        labels = client.call("POST", f"{path}/labels", json={"add": add, "remove": remove}).json()["labels"]
        assert ("STARRED" in labels) == ("STARRED" in add)
    missing = client.call("POST", f"{path}/labels", json={"add": ["travels"]})
    assert (missing.status_code, "Travel" in missing.json()["detail"]) == (404, True)


def test_labels_unread_and_status_are_returned(client):
    assert {"INBOX", "Travel"} <= {label["name"] for label in client.call("GET", "/gmail/labels").json()["labels"]}
    assert client.call("GET", "/gmail/unread").json()["unread_messages"] > 0
    status = client.call("GET", "/gmail/auth/status").json()
    assert status["authenticated"] is True
    assert [label["address"] for label in status["accounts"]] == [ALEX, OTHER]


def test_sign_in_routes_are_local_only(client):
    body = client.call("GET", "/gmail/auth/url").json()
    assert body == {"auth_url": None, "message": "Open Deskhand's window and choose Sign in."}
    for path in ("/oauth2callback", "/gmail/auth/callback", "/api/gmail/status", "/api/gmail/sign-in"):
        for method in ("GET", "POST"):
            assert client.call(method, path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/gmail/messages?max_results=0", None),
        ("GET", "/gmail/messages?max_results=51", None),
        ("GET", "/gmail/messages?page_token=a%20b", None),
        ("GET", "/gmail/messages/a%20b", None),
        ("GET", "/gmail/messages/18aa?offset=-1", None),
        ("GET", "/gmail/messages/..%5cx", None),
        ("POST", "/gmail/send", {"to": "bob", "subject": "s", "body": "b"}),
        ("POST", "/gmail/send", {"to": "bob@example.com", "subject": "a\r\nb", "body": "b"}),
        ("POST", "/gmail/send", {"to": "bob@example.com", "subject": "s"}),
        ("POST", "/gmail/reply", {"body": "b"}),
        (
            "POST",
            "/gmail/send",
            {"to": "bob@example.com", "subject": "s", "body": "b", "openaiFileIdRefs": ["https://example.com/x"]},
        ),
        ("POST", "/gmail/messages/18aa/labels", {"add": 5}),
    ],
    ids=range(12),
)
def test_invalid_request_is_refused_with_a_sentence(client, method, path, body):
    answer = client.call(method, path, json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_malformed_id_and_unknown_account_are_not_found(client):
    for path in ("/gmail/messages/nonsense", "/gmail/messages/ffffffffffffffff", "/gmail/threads/zz", "/gmail/drafts/r-1"):
        assert client.call("GET", path).status_code == 404, path
    answer = client.call("GET", "/gmail/messages?account=eve@example.com")
    assert (answer.status_code, ALEX in answer.json()["detail"]) == (404, True)


def test_client_reads_and_needs_permission_to_change(demo):
    demo.make_client("reader")
    mail = {"to": "bob@example.com", "subject": "s", "body": "b"}
    response = demo.call("POST", "/gmail/send", json=mail, headers={"Prefer": "respond-async"})
    assert (response.status_code, response.json()["summary"]) == (202, "send an email to bob@example.com")
    assert demo.call("GET", "/gmail/search?query=subject:s+in:sent").json()["messages"] == []


def test_operations_declare_their_effects():
    operations = {operation.name: operation for operation in list_operations(integration.load().public[0])}
    assert len(operations) <= 24
    assert sorted(name for name, operation in operations.items() if operation.changes) == sorted(CHANGES)
    assert {name for name, operation in operations.items() if operation.reaches_others} == {
        "send_mail",
        "reply_to_mail",
        "send_draft",
    }
    assert {operation.scope for operation in operations.values()} == {"read:mail", "write:mail"}
    assert all((operation.scope == "write:mail") == operation.changes for operation in operations.values())
    assert all(re.fullmatch(r"[^\n]{10,300}", operation.summary) for operation in operations.values())
    assert operation_of(None) is None
