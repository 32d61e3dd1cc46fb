"""`POST /webhook/chatgpt` over a real server."""

import json
import time
from typing import Any

import pytest

from server.integrations.conversations.deliveries.signature import sign

SECRET = "webhook-secret"
PATH = "/webhook/chatgpt"


def make_conversation(chat_id: str, **changes: Any) -> dict[str, Any]:
    times = {"create_time": 1760000000, "update_time": 1760000000}
    return {"conversation": {"id": chat_id, "title": "Delivered", **times, **changes}}


def make_message(message_id: str, chat_id: str, content: Any = "Hi", **changes: Any) -> dict[str, Any]:
    message = {"id": message_id, "conversation_id": chat_id, "role": "user", "content": content, "create_time": 1760000001}
    return {"message": message | changes}


@pytest.fixture(scope="module")
def delivered(seed):
    answer = seed.served.person("PUT", "/api/chats/webhook/secret", json={"secret": SECRET})
    assert answer.json() == {"path": PATH, "secret_is_set": True, "previous_until": None}
    return seed


def deliver(seed, event: str, data: Any, *, at: float | None = None, unit: int = 1, secret: str = SECRET, **headers: str):
    body = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    stamp = str(int((at or time.time()) * unit))
    sent = {"X-Event-Type": event, "X-Webhook-Timestamp": stamp, "X-Webhook-Signature": sign(secret, stamp, body)}
    sent = {name: value for name, value in (sent | headers).items() if value}
    return seed.served.call("POST", PATH, key="", content=body, headers={"Content-Type": "application/json", **sent})


def test_delivery_is_refused_while_there_is_no_secret(seed) -> None:
    assert seed.served.person("PUT", "/api/chats/webhook/secret", json={"secret": None}).status_code == 200
    answer = deliver(seed, "message.created", make_message("m0", "c0"))
    assert (answer.status_code, answer.json()["error"]) == (401, "Invalid signature")


@pytest.mark.parametrize("unit", [1, 1000])
def test_conversation_and_message_are_stored_with_times_in_either_unit(delivered, unit) -> None:
    chat_id = f"unit-{unit}"
    answer = deliver(delivered, "conversation.created", make_conversation(chat_id), unit=unit)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["status"], body["eventType"]) == ("success", "conversation.created")
    assert body["result"] == {"status": "conversation_created", "conversationId": chat_id}
    answer = deliver(delivered, "message.created", make_message(f"m-{unit}", chat_id), unit=unit)
    assert answer.json()["result"] == {"status": "message_created", "messageId": f"m-{unit}"}
    page = delivered.served.person("GET", f"/api/chats/{chat_id}").json()
    assert (page["chat"]["title"], page["chat"]["source"], page["messages"][0]["text"]) == ("Delivered", "webhook", "Hi")


def test_update_changes_and_repetition_does_not(delivered) -> None:
    deliver(delivered, "conversation.created", make_conversation("twice"))
    later = make_conversation("twice", title="Renamed", update_time=1760000500)
    assert deliver(delivered, "conversation.updated", later).json()["result"]["status"] == "conversation_updated"
    older = make_conversation("twice", title="Older", update_time=1760000100)
    deliver(delivered, "conversation.updated", older)
    for _ in range(2):
        deliver(delivered, "message.created", make_message("same", "twice", "First"))
    assert deliver(delivered, "message.updated", make_message("same", "twice", "Second")).json()["result"] == {
        "status": "message_updated",
        "messageId": "same",
    }
    page = delivered.served.person("GET", "/api/chats/twice").json()
    assert (page["chat"]["title"], [message["text"] for message in page["messages"]]) == ("Renamed", ["Second"])
    results = delivered.served.person("GET", "/api/chats/search?q=Second").json()["results"]
    assert [result["chat_id"] for result in results] == ["twice"]
    assert delivered.served.person("GET", "/api/chats/search?q=First").json()["results"] == []


@pytest.mark.parametrize("event", ["message.created", "message.updated"])
def test_replayed_delivery_changes_nothing(delivered, event) -> None:
    """The name of the event is not signed, so a replay may have another."""
    now = time.time()
    first = make_message("replayed", "replay", "First")
    deliver(delivered, "message.created", first, at=now)
    deliver(delivered, "message.updated", make_message("replayed", "replay", "Second"), at=now)
    answer = deliver(delivered, event, first, at=now)
    assert (answer.status_code, answer.json()["result"]["status"]) == (200, "ignored")
    page = delivered.served.person("GET", "/api/chats/replay").json()
    assert [message["text"] for message in page["messages"]] == ["Second"]


def test_unknown_event_is_ignored(delivered) -> None:
    for event in ("conversation.deleted", ""):
        answer = deliver(delivered, event, {"anything": 1})
        assert (answer.status_code, answer.json()["result"]) == (200, {"status": "ignored"})


@pytest.mark.parametrize(
    ("headers", "shift", "error"),
    [
        ({"X-Webhook-Signature": ""}, 0, "Missing signature or timestamp"),
        ({"X-Webhook-Timestamp": ""}, 0, "Missing signature or timestamp"),
        ({}, -400, "Request too old"),
        ({}, 400, "Request too old"),
        ({"X-Webhook-Signature": "sha256=signature"}, 0, "Invalid signature"),
        ({"X-Webhook-Signature": "sha256=" + "0" * 64}, 0, "Invalid signature"),
    ],
)
def test_wrong_signature_is_named(delivered, headers, shift, error) -> None:
    answer = deliver(delivered, "message.created", make_message("m1", "c1"), at=time.time() + shift, **headers)
    assert (answer.status_code, answer.json()["error"]) == (401, error)
    assert ("sender's clock" in answer.json()["message"]) == bool(shift)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"message": {"id": "x"}}, "message.conversation_id"),
        (b"[1]", "body"),
        (b"{", "body"),
        (b"[" * 50_000, "body"),
        ({"message": "text"}, "message"),
        ({"message": {"id": "x", "conversation_id": "y", "role": "user", "create_time": "never"}}, "message.create_time"),
    ],
)
def test_invalid_payload_names_its_fields(delivered, data, field) -> None:
    answer = deliver(delivered, "message.created", data)
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid payload")
    assert field in {detail["field"] for detail in answer.json()["details"]}


def test_half_of_an_emoji_is_replaced_as_in_an_import(delivered) -> None:
    body = json.dumps(make_conversation("half\ud800", title="Cut \ud83d"))
    assert "\\ud83d" in body
    answer = deliver(delivered, "conversation.created", body.encode())
    assert (answer.status_code, answer.json()["result"]["conversationId"]) == (200, "half\ufffd")
    for content in ("Cut \ud83d", {"parts": ["Cut \ud83d"]}):
        message = make_message("m\udc00", "half\ud800", content, **{"extra \ud800": "\udfff"})
        answer = deliver(delivered, "message.created", json.dumps(message).encode())
        assert answer.status_code == 200, answer.text
    page = delivered.served.person("GET", "/api/chats/half\ufffd").json()
    assert (page["chat"]["title"], page["messages"][0]["text"]) == ("Cut \ufffd", "Cut \ufffd")


@pytest.mark.parametrize(
    "body", [b"[]", b"\xff", b'{"message":' + b"[" * 100_000, b'{"conversation": {"id": "n", "title": NaN}}']
)
def test_body_that_is_no_object_is_refused(delivered, body) -> None:
    answer = deliver(delivered, "conversation.created", body)
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid payload")


def test_conversation_that_was_not_delivered_cannot_be_changed(delivered) -> None:
    chat_id = delivered.served.person("POST", "/api/chats", json={"title": "Mine"}).json()["id"]
    for event, data in (("message.created", make_message("m9", chat_id)), ("conversation.updated", make_conversation(chat_id))):
        assert deliver(delivered, event, data).status_code == 409
    assert delivered.served.person("GET", f"/api/chats/{chat_id}").json()["chat"]["title"] == "Mine"


def test_large_body_is_refused_before_it_is_read(delivered) -> None:
    answer = deliver(delivered, "message.created", b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "Request too large")


def test_delivery_is_in_the_activity_without_its_content(delivered) -> None:
    deliver(delivered, "message.created", make_message("quiet", "quiet", "Nobody else reads this"))
    entry = next(entry for entry in delivered.served.activity() if entry["operation"] == "chatgpt_webhook")
    assert "Nobody else" not in json.dumps(entry)


def test_deliveries_of_a_minute_are_limited(delivered) -> None:
    answers = [deliver(delivered, "message.created", make_message(f"r{number}", "rate")) for number in range(61)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[0].headers["Retry-After"]) >= 1
