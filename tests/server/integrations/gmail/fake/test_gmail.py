"""The addresses of the fake's Gmail, against the discovery document and over the wire."""

import json
from importlib.resources import files
from typing import Any

import httpx2
import pytest
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from server.integrations.gmail.fake import FakeGoogle
from server.integrations.gmail.fake.gmail import EVERYTHING, OFFERS, SCOPES, Offer
from tests import loopback

DOCUMENT = json.loads((files("googleapiclient.discovery_cache") / "documents" / "gmail.v1.json").read_text())


def read_methods(resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    methods = {method["id"].removeprefix("gmail.users."): method for method in resource.get("methods", {}).values()}
    for below in resource.get("resources", {}).values():
        methods |= read_methods(below)
    return methods


METHODS = read_methods(DOCUMENT["resources"]["users"])


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.id)
def test_every_method_has_the_path_of_the_discovery_document(offer: Offer) -> None:
    method = METHODS[offer.id]
    parameters = {name for name, parameter in method["parameters"].items() if parameter["location"] == "query"}
    granted = {scope for scope in method["scopes"] if ".addons." not in scope}
    body = DOCUMENT["schemas"][method["request"]["$ref"]]["properties"] if "request" in method else {}

    assert (offer.verb, f"gmail/v1/users/{{userId}}/{offer.path}") == (method["httpMethod"], method["path"])
    assert set(offer.query) == parameters
    assert {EVERYTHING, *(SCOPES + scope for scope in offer.scopes)} == granted
    assert set(offer.body) == set(body)
    assert offer.upload == ("mediaUpload" in method)


def get(fake: FakeGoogle, path: str, token: str | None = None, **options: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return loopback.request(options.pop("method", "GET"), fake.address + path, headers=headers, **options)


def test_call_without_a_token_is_401(google: FakeGoogle) -> None:
    answer = get(google, "/gmail/v1/users/me/profile")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.json()["error"] == {
        "code": 401,
        "message": "Request is missing required authentication credential.",
        "status": "UNAUTHENTICATED",
        "errors": [
            {
                "message": "Request is missing required authentication credential.",
                "domain": "global",
                "reason": "required",
                "location": "Authorization",
                "locationType": "header",
            }
        ],
    }


def test_invalid_token_is_refused(google: FakeGoogle) -> None:
    answer = get(google, "/gmail/v1/users/me/profile", "ya29.none")

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_token_without_the_scope_is_refused(google: FakeGoogle) -> None:
    token = google.grant(scopes=[f"{SCOPES}send"])["token"]

    answer = get(google, "/gmail/v1/users/me/messages", token)

    assert answer.status_code == 403
    assert answer.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"
    assert answer.json()["error"]["status"] == "PERMISSION_DENIED"


def test_account_has_access_to_its_own_mailbox_only(connect: Any) -> None:
    second = connect("alex.morgan@example.org")

    assert second.getProfile(userId="me").execute()["messagesTotal"] == 5
    assert second.getProfile(userId="alex.morgan@example.org").execute()["emailAddress"] == "alex.morgan@example.org"
    with pytest.raises(HttpError, match="Delegation denied") as refused:
        second.getProfile(userId="alex@example.com").execute()
    assert refused.value.status_code == 403


def test_unknown_parameters_are_refused(google: FakeGoogle) -> None:
    token = google.grant()["token"]

    query = get(google, "/gmail/v1/users/me/messages?max_results=3", token)
    body = get(google, "/gmail/v1/users/me/drafts", token, method="POST", json={"title": "x"})

    assert query.status_code == 400
    assert 'Unknown name "max_results"' in query.json()["error"]["message"]
    assert body.status_code == 400
    assert 'Unknown name "title"' in body.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"raw": NaN}', b"\xff", b"[" * 100_000])
def test_body_that_is_no_json_object_is_refused(google: FakeGoogle, content: bytes) -> None:
    token = google.grant()["token"]

    answer = get(google, "/gmail/v1/users/me/messages/send", token, method="POST", content=content)

    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


MAIL = b"To: alex.morgan@example.org\r\nSubject: big\r\n\r\n" + b"--x\r\n\r\n\xc3\xa9\r\n" * 3


def test_mail_is_uploaded_as_media(google: FakeGoogle, users: Any) -> None:
    sent = users.messages().send(userId="me", media_body=MediaInMemoryUpload(MAIL, "message/rfc822")).execute()

    assert google.mailboxes["alex@example.com"].find(sent["id"]).raw.endswith(MAIL)


def test_mail_is_uploaded_as_multipart_with_json(google: FakeGoogle, users: Any, write: Any) -> None:
    draft = users.drafts().create(userId="me", body={"message": write(To="mei@example.com")}).execute()
    mail = MAIL.replace(b"\xc3\xa9", b"e")  # the client cannot put anything but ASCII beside JSON
    upload = MediaInMemoryUpload(mail, "message/rfc822")

    changed = users.drafts().update(userId="me", id=draft["id"], body={"message": {}}, media_body=upload).execute()
    sent = users.drafts().send(userId="me", body={"id": draft["id"]}).execute()

    assert changed["id"] == draft["id"]
    assert google.mailboxes["alex@example.com"].find(sent["id"]).raw.endswith(mail.partition(b"\r\n\r\n")[2])
    assert google.mailboxes["alex.morgan@example.org"].search("subject:big")


@pytest.mark.parametrize(
    ("query", "kind"),
    [("", "message/rfc822"), ("?uploadType=resumable", "message/rfc822"), ("?uploadType=multipart", "multipart/related")],
)
def test_other_upload_type_is_refused(google: FakeGoogle, query: str, kind: str) -> None:
    headers = {"Authorization": f"Bearer {google.grant()['token']}", "Content-Type": kind}
    address = f"{google.address}/upload/gmail/v1/users/me/messages/send{query}"

    assert loopback.post(address, content=MAIL, headers=headers).status_code == 400


def test_fields_parameter_limits_the_response(users: Any) -> None:
    listed = users.messages().list(userId="me", maxResults=2, fields="messages(id)").execute()

    assert [list(message) for message in listed["messages"]] == [["id"], ["id"]]
    assert list(listed) == ["messages"]


def test_unknown_path_is_not_found(google: FakeGoogle) -> None:
    assert get(google, "/gmail/v1/users/me/nothing").status_code == 404
