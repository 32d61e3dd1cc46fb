"""The examples of the guide for ChatBETO, as printed there but for address and key, once the person has allowed them."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from server.integrations.conversations.deliveries.signature import sign
from tests import loopback
from tests.checks.chat_server import ALLOWED, chat_servers
from tests.checks.conftest import Node, Process, starting
from tests.conftest import ROOT

SECRET = "webhook-secret"
REQUESTS = (  # of the guide's chapter "Endpoints de OpenAI API" and "Escenario 2"
    ("GET", "/api/v1/openai/status", None, 200),
    (
        "POST",
        "/api/v1/openai/conversations",
        {"projectId": 1, "title": "Mi Nueva Conversación", "initialMessage": "Hola ChatGPT!"},
        201,
    ),
    ("POST", "/api/v1/openai/conversations/{thread}/messages", {"message": "¿Cómo estás?", "role": "user"}, 200),
    (
        "POST",
        "/api/v1/openai/chat/completions",
        {"messages": [{"role": "user", "content": "Explica qué es ChatBETO"}], "model": "gpt-4", "projectId": 1},
        200,
    ),
    ("POST", "/api/v1/openai/sync", None, 202),
)
DEAD = ("beta.threads", "beta.assistants", "/v1/threads", "/v1/assistants", "OpenAI-Beta")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("seed")
    with starting(folder / "unused") as start, chat_servers(start, folder / "data") as servers:
        server = servers.start()
        assert server.person("PUT", "/api/chats/webhook/secret", json={"secret": SECRET}).status_code == 200
        yield server


@pytest.fixture(scope="module")
def key(server: Process) -> str:
    return server.make_client("script", allow=ALLOWED, rate="none")


def send(server: Process, key: str, method: str, path: str, body: Any) -> httpx2.Response:
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    content = json.dumps(body).encode() if body is not None else b""
    return loopback.request(method, server.public + path, headers=headers, content=content, timeout=60)


@pytest.mark.parametrize("prefix", ["/api/v1", ""])
def test_requests_of_the_guide_are_answered_as_it_says(server, key, prefix) -> None:
    thread = ""
    for method, printed, body, status in REQUESTS:
        path = printed.format(thread=thread).replace("/api/v1", prefix)
        answer = send(server, key, method, path, body)
        assert answer.status_code == status, f"{path}: {answer.text}"
        thread = answer.json().get("data", {}).get("threadId", thread)
    assert answer.json()["status"] == "accepted"
    assert thread.startswith("conv_")


def test_javascript_of_the_guide_runs(server, key, node: Node) -> None:
    done = node.run("seed_chats.mjs", server.public, key, SECRET)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    created, continued = results["created"], results["continued"]
    assert (created["status"], created["body"]["data"]["projectId"]) == (201, 1)
    assert (continued["status"], continued["body"]["data"]["userMessage"]["content"]) == (200, "¿Cómo crear una función?")
    assert continued["body"]["data"]["assistantResponse"]["role"] == "assistant"
    assert results["asked"]["data"]["conversationId"]
    assert (results["delivered"]["status"], results["delivered"]["body"]["result"]["conversationId"]) == (200, "from-node")
    assert results["replies"][0]


@pytest.mark.parametrize("unit", [1, 1000], ids=["seconds", "milliseconds"])
def test_delivery_may_be_signed_in_either_unit(server, unit) -> None:
    message = {"id": f"m{unit}", "conversation_id": "c", "role": "user", "content": "Hi", "create_time": 1760000000 * unit}
    body, stamp = json.dumps({"message": message}).encode(), str(int(time.time() * unit))
    headers = {"X-Event-Type": "message.created", "X-Webhook-Timestamp": stamp, "X-Webhook-Signature": sign(SECRET, stamp, body)}
    headers["Content-Type"] = "application/json"
    answer = loopback.post(f"{server.public}/webhook/chatgpt", content=body, headers=headers)
    assert (answer.status_code, answer.json()["result"]["status"]) == (200, "message_created")


def test_person_is_asked_before_anything_is_spent(server) -> None:
    key = server.make_client("careful", rate="none")
    headers = {"X-API-Key": key, "Prefer": "respond-async"}
    order = {"messages": [{"role": "user", "content": "Hi"}], "projectId": 1}
    answer = loopback.post(f"{server.public}/api/v1/openai/chat/completions", json=order, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")


def test_program_does_not_use_what_openai_has_switched_off() -> None:
    sources = [path for path in (ROOT / "server").rglob("*.py") if path.is_file()]
    used = [(path.name, name) for path in sources for name in DEAD if name in path.read_text(encoding="utf-8")]
    assert used == []
