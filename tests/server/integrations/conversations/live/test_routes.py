"""The addresses of ChatBETO's API over a real server, with the fake OpenAI."""

import time
from typing import Any

import pytest

from server.integrations.conversations.store.received import NOT_YOURS
from tests.server.integrations.conversations.live_setup import LIMIT

API = "/api/v1/openai"


def test_first_call_of_a_server_is_asked_about_with_model_tokens_and_price(seed) -> None:
    key = seed.served.make_client("asking", rate="none")
    order = {"projectId": 1, "initialMessage": "What does it cost?"}
    answer = seed.served.call("POST", f"{API}/conversations", key, json=order, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    request = next(request for request in seed.served.person("GET", "/api/approvals").json() if request["client"] == "asking")
    fields = {field["name"]: field["value"] for field in request["fields"]}
    assert fields["Message"] == "What does it cost?"
    assert fields["Model"].startswith("gpt-")
    assert fields["Tokens at most"].endswith("out")
    assert fields["Price at most"].startswith("$")


def test_status_says_whether_openai_is_healthy(seed) -> None:
    answer = seed.call("GET", f"{API}/status")
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    assert answer.json()["data"] == {"openai": {"status": "healthy"}, "initialized": True}
    assert answer.json()["timestamp"].endswith("Z")


def test_conversation_is_created_and_answered_by_either_id(seed) -> None:
    order = {"projectId": 1, "title": "Mi Nueva Conversación", "initialMessage": "Hola ChatGPT!"}
    created = seed.call("POST", f"{API}/conversations", json=order)
    data = created.json()["data"]
    assert (created.status_code, created.json()["status"], data["projectId"]) == (201, "success", 1)
    assert data["threadId"] in seed.fake.account.conversations
    for chat_id in (data["threadId"], data["conversationId"]):
        sent = seed.call(
            "POST", f"{API}/conversations/{chat_id}/messages", json={"message": f"¿Cómo estás, {chat_id}?", "role": "user"}
        )
        assert sent.status_code == 200, sent.text
        body = sent.json()["data"]
        assert body["userMessage"]["content"] == f"¿Cómo estás, {chat_id}?"
        assert (body["assistantResponse"]["role"], body["threadId"]) == ("assistant", data["threadId"])


def test_same_paths_without_prefix_do_the_same(seed) -> None:
    created = seed.call("POST", "/openai/conversations", json={"projectId": "1", "initialMessage": "Hi there"})
    assert created.status_code == 201
    assert seed.call("POST", "/openai/conversations", json={}).json()["error"] == "Project ID is required"


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/conversations", {"title": "x"}, 400, "Project ID is required"),
        ("/conversations", {"projectId": 99}, 404, "Project not found"),
        ("/conversations/unknown/messages", {"message": "x"}, 404, "Conversation not found"),
        ("/conversations/unknown/messages", {"message": ""}, 400, "Message is required"),
        ("/chat/completions", {"messages": []}, 400, "Messages array is required"),
        ("/chat/completions", {"messages": "x"}, 400, "Invalid payload"),
        ("/projects", {}, 400, "Project name is required"),
    ],
)
def test_failures_have_the_statuses_and_words_of_the_api(seed, path, body, status, error) -> None:
    answer = seed.call("POST", API + path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["timestamp"]


def test_retired_model_is_refused_with_the_names_of_current_ones(seed) -> None:
    order = {"messages": [{"role": "user", "content": "Hi"}], "model": "gpt-4", "projectId": 1}
    answer = seed.call("POST", f"{API}/chat/completions", json=order)
    assert answer.status_code == 400
    assert "gpt-6-luna" in answer.text


def test_question_without_project_is_answered_and_not_stored(seed) -> None:
    answer = seed.call("POST", f"{API}/chat/completions", json={"messages": [{"role": "user", "content": "What is ChatBETO?"}]})
    data = answer.json()["data"]
    assert (answer.status_code, data["response"]["role"], data["conversationId"]) == (200, "assistant", None)
    assert data["usage"]["total_tokens"] > 0


def test_question_with_project_is_stored(seed) -> None:
    order = {"messages": [{"role": "user", "content": "Keep this one"}], "projectId": 1}
    data = seed.call("POST", f"{API}/chat/completions", json=order).json()["data"]
    read = seed.call("GET", f"{API}/conversations/{data['conversationId']}")
    assert read.status_code == 200, read.text
    assert "Keep this one" in read.text


def test_projects_are_listed_and_created(seed) -> None:
    listed = seed.call("GET", f"{API}/projects").json()["data"]["projects"]
    assert (listed[0]["id"], listed[0]["name"]) == (1, "Default")
    created = seed.call("POST", f"{API}/projects", json={"name": "Deploy", "description": "Contabo"})
    assert (created.status_code, created.json()["data"]["project"]["id"]) == (201, 2)


def test_manual_sync_stores_conversations_and_messages(seed) -> None:
    conversation = {"id": "manual-1", "title": "By hand", "create_time": 1760000000, "update_time": 1760000001000}
    answer = seed.call("POST", "/sync/manual", json={"type": "conversation", "data": {"conversation": conversation}})
    assert (answer.status_code, answer.json()["result"]) == (
        200,
        {"status": "conversation_created", "conversationId": "manual-1"},
    )
    message = {"id": "m1", "conversation_id": "manual-1", "role": "user", "content": "Typed by hand", "create_time": 1760000002}
    answer = seed.call("POST", "/api/v1/sync/manual", json={"type": "message", "data": {"message": message}})
    assert answer.json()["result"] == {"status": "message_created", "messageId": "m1"}
    assert seed.call("POST", "/sync/manual", json={"type": "other", "data": {}}).json()["error"] == "Invalid sync type"
    wrong = seed.call("POST", "/sync/manual", json={"type": "message", "data": {"message": {"id": "x"}}})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "Invalid payload")
    assert {"conversation_id", "role"} <= {detail["field"].rpartition(".")[2] for detail in wrong.json()["details"]}


def test_manual_sync_changes_nothing_of_others(seed) -> None:
    bob = seed.served.make_client("bob", rate="none")
    about = {"id": "manual-ann", "title": "By Ann", "create_time": 1760000000, "update_time": 1760000000}
    text = {"id": "m1", "conversation_id": "manual-ann", "role": "user", "content": "Pay 10 to Ann", "create_time": 1760000002}
    assert seed.call("POST", "/sync/manual", json={"type": "conversation", "data": about}).status_code == 200
    assert seed.call("POST", "/sync/manual", json={"type": "message", "data": text}).status_code == 200
    projects = seed.call("GET", "/api/v1/openai/projects").json()["data"]
    for kind, data in (("conversation", about | {"title": "By Bob"}), ("message", text | {"content": "Pay 99 to Bob"})):
        refused = seed.served.call("POST", "/sync/manual", bob, json={"type": kind, "data": data})
        assert (refused.status_code, refused.json()["error"], refused.json()["message"]) == (409, "Conflict", NOT_YOURS)
    forged = {"conversation": about | {"id": "manual-bob"}, "project": {"id": "1", "name": "By Bob"}}
    assert seed.served.call("POST", "/sync/manual", bob, json={"type": "conversation", "data": forged}).status_code == 200
    assert seed.call("GET", "/api/v1/openai/projects").json()["data"] == projects
    page = seed.served.person("GET", "/api/chats/manual-ann").json()
    assert (page["chat"]["title"], [message["text"] for message in page["messages"]]) == ("By Ann", ["Pay 10 to Ann"])


def test_approval_does_not_hold_for_a_history_that_was_changed_meanwhile(seed) -> None:
    bob = seed.served.make_client("bob-asks", rate="none")

    def deliver(content: str) -> None:
        data = {"id": "m1", "conversation_id": "meanwhile", "role": "system", "content": content, "create_time": 1}
        assert seed.served.call("POST", "/sync/manual", bob, json={"type": "message", "data": data}).status_code == 200

    def read_requests() -> list[dict[str, Any]]:
        return [request for request in seed.served.person("GET", "/api/approvals").json() if request["client"] == "bob-asks"]

    deliver("As it was shown")
    path, sent = f"{API}/conversations/meanwhile/messages", len(seed.fake.requests.find("/v1/responses"))
    answer = seed.served.call("POST", path, bob, json={"message": "Go on"}, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    [shown] = read_requests()
    assert "1 with instructions" in next(field["value"] for field in shown["fields"] if field["name"] == "Sent with it")
    deliver("Changed meanwhile")
    seed.served.person("POST", f"/api/approvals/{shown['id']}/approve", json={"extent": "once"})
    limit = time.monotonic() + LIMIT
    while [request["id"] for request in read_requests()] in ([], [shown["id"]]):
        assert time.monotonic() < limit, "no request replaced it"
    assert len(seed.fake.requests.find("/v1/responses")) == sent
