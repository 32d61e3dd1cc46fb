"""End-to-end calls of a script against a server in demo mode, and their limits."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from server.access.approvals.approval import ApprovalSettings
from server.storage.settings import Settings
from tests import loopback
from tests.checks.attacker import make_attacker
from tests.checks.consent import run_command
from tests.checks.waiting import settle, until
from tests.running import identify

Call = Callable[..., httpx2.Response]
CONTENT_TYPE = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(demo):
    return demo


@pytest.fixture(scope="module")
def call(server) -> Call:
    key = server.make_client("script", allow=["send_mail", "reply_to_mail", "control_app"])

    def send(method: str, path: str, **options) -> httpx2.Response:
        return loopback.request(method, server.public + path, headers={"X-API-Key": key} | CONTENT_TYPE, **options)

    return send


def test_script_reads_replies_sends_and_starts_and_stops_a_program(server, call: Call) -> None:
    messages = call("GET", "/gmail/messages?max_results=10&query=in:inbox").json()
    assert len(messages) == 10
    mail = call("GET", f"/gmail/messages/{messages[0]['id']}").json()
    assert mail["body"]
    replied = call("POST", "/gmail/reply", json={"thread_id": mail["thread_id"], "body": "Thank you, I will."}).json()
    assert replied["message"] == "Reply sent successfully"
    answer = call("GET", f"/gmail/messages/{replied['message_id']}").json()
    assert answer["thread_id"] == mail["thread_id"]
    assert answer["subject"].lower().startswith("re:")
    sent = call("POST", "/gmail/send", json={"to": "ann@example.com", "subject": "Hello", "body": "It works."}).json()
    assert sent["success"] is True
    assert call("GET", "/gmail/messages?query=in:sent subject:Hello").json()[0]["to"] == ["ann@example.com"]
    assert "demo-clock" in [app["name"] for app in call("GET", "/apps/list").json()["apps"]]
    started = call("POST", "/apps/control", json={"app_name": "demo-clock", "action": "start"}).json()
    assert started["success"] is True
    assert identify(started["pid"]) is not None
    assert call("GET", "/apps/demo-clock").json()["running"] is True
    stopped = call("POST", "/apps/control", json={"app_name": "demo-clock", "action": "stop"}).json()
    assert stopped["success"] is True
    assert identify(started["pid"]) is None
    entries = server.person("GET", "/api/activity?limit=20").json()
    assert [entry["operation"] for entry in reversed(entries) if entry["changes"]] == [
        "reply_to_mail",
        "send_mail",
        "control_app",
        "control_app",
    ]
    assert {entry["outcome"] for entry in entries} == {"done"}


def test_mail_waits_for_approval_on_the_command_line(server) -> None:
    script = make_attacker(server, "waiting")
    order = {"to": "ann@example.com", "subject": "May I?", "body": "Only with your word.\x1b[2J"}
    response = script.call("send_mail", order)
    assert response.status_code == 202
    body = response.json()
    assert (body["status"], body["poll"]) == ("pending", f"/approvals/{body['approval_id']}")
    assert script.request("GET", body["poll"]).json()["status"] == "pending"
    shown = run_command(server, "approvals", "list")
    assert "To: ann@example.com" in shown and "Only with your word." in shown
    assert "\x1b" not in shown, "nobody steers the person's terminal"
    (question,) = json.loads(run_command(server, "approvals", "list", "--json"))
    run_command(server, "approvals", "approve", question["id"])
    ended = settle(script, body["approval_id"])
    assert (ended["status"], ended["result"]["success"]) == ("done", True)
    assert [mail["subject"] for mail in script.call("list_mail", {"query": "in:sent"}).json()].count("May I?") == 1
    entry = next(entry for entry in server.person("GET", "/api/activity").json() if entry["operation"] == "send_mail")
    assert (entry["outcome"], entry["reason"]) == ("done", "You allowed it once.")


def test_mcp_tool_call_waits_for_approval_and_its_result_is_polled(start, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    asyncio.run(Settings(tmp_path / "data").write("approvals", ApprovalSettings(patience_seconds=0)))
    server = start("--demo")
    app = make_attacker(server, "app")
    order = {"to": "ann@example.com", "subject": "May I?", "body": "By way of a tool."}
    pending = app.use_tool("send_mail", order)["structuredContent"]
    assert pending["status"] == "pending"
    (question,) = json.loads(run_command(server, "approvals", "list", "--json"))
    run_command(server, "approvals", "approve", question["id"])
    look = {"approval_id": pending["approval_id"]}
    ended = until(lambda: seen if (seen := app.use_tool("read_approval", look)["structuredContent"])["status"] == "done" else {})
    assert ended["result"]["success"] is True
    denied = app.use_tool("send_mail", order | {"subject": "And again?"})["structuredContent"]
    (question,) = json.loads(run_command(server, "approvals", "list", "--json"))
    run_command(server, "approvals", "deny", question["id"], "--reason", "Once is enough.")
    seen = app.use_tool("read_approval", {"approval_id": denied["approval_id"]})["structuredContent"]
    assert (seen["status"], seen["reason"]) == ("denied", "Once is enough.")


def test_response_formats_are_stable(server, call: Call) -> None:
    mail = call("GET", "/gmail/messages?max_results=1").json()[0]
    assert {"id", "thread_id", "from_email", "to", "subject", "body", "date", "snippet"} <= set(mail)
    status = call("GET", "/gmail/auth/status").json()
    assert status["authenticated"] is True
    assert isinstance(status["message"], str)
    body = call("GET", "/gmail/auth/url").json()
    assert body == {"auth_url": None, "message": "Open Deskhand's window and choose Sign in."}
    ordered = call("POST", "/apps/control", json={"app_name": "demo-clock", "action": "stop"}).json()
    assert {"success", "message", "app_name", "action"} <= set(ordered)


BAD_BODIES = [
    b"{",
    b"[]",
    b"null",
    b'{"to": 5}',
    rb'{"to": "a@example.com", "subject": "\ud800", "body": "x"}',
    b'{"to": "a@example.com", "subject": NaN, "body": "x"}',
    b'{"to": "a@example.com", "subject": "x\\r\\nBcc: b@example.com", "body": "x"}',
    b'{"to": "nobody", "subject": "x", "body": "x"}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_invalid_request_is_422_and_nothing_is_sent(call: Call, body: bytes) -> None:
    before = len(call("GET", "/gmail/messages?query=in:sent&max_results=50").json())
    answer = call("POST", "/gmail/send", content=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"].endswith(".")
    assert len(call("GET", "/gmail/messages?query=in:sent&max_results=50").json()) == before


def test_missing_scope_is_refused_without_effect(server, call: Call) -> None:
    reader = server.make_client("reader", scopes=["read:mail"])
    careful = server.make_client("careful", deny=["send_mail"])
    mail = {"to": "ann@example.com", "subject": "x", "body": "x"}
    url = f"{server.public}/gmail/send"
    for headers, status in (
        ({}, 401),
        ({"X-API-Key": "dh_wrong"}, 401),
        ({"X-API-Key": reader}, 403),
        ({"X-API-Key": careful}, 403),
        ({"X-API-Key": careful, "Host": "evil.example"}, 421),
        ({"X-API-Key": careful, "Origin": "https://evil.example"}, 403),
    ):
        answer = loopback.post(url, json=mail, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["detail"].endswith((".", "send_mail"))
    assert call("GET", "/gmail/messages?query=in:sent to:ann@example.com subject:x").json() == []


def test_incomplete_request_does_not_block_others(server, call: Call) -> None:
    port = httpx2.URL(server.public).port or 0
    halves = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    try:
        for half in halves:
            half.sendall(b"POST /gmail/send HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-")
        assert call("GET", "/gmail/auth/status").status_code == 200
    finally:
        for half in halves:
            half.close()


def test_secrets_are_stored_in_plain_text_nowhere_else(server, call: Call) -> None:
    call("GET", "/gmail/messages?max_results=1")
    key = server.make_client("canary")
    running = json.loads((server.data / "runtime.json").read_text())["key"]
    tokens = [value for text in json.loads((server.data / "secrets.json").read_text()).values() for value in find_strings(text)]
    assert tokens
    for file in [path for path in Path(server.data).rglob("*") if path.is_file()]:
        content = file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0, file
        assert key.encode() not in content, file
        if file.name != "runtime.json":
            assert running.encode() not in content, file
        if file.name != "secrets.json":
            assert not [token for token in tokens if len(token) > 12 and token.encode() in content], file


def find_strings(text: str) -> list[str]:
    """The tokens in a secret, which is JSON itself."""
    value = json.loads(text)
    return [inner for name, inner in value.items() if isinstance(inner, str) and name in {"refresh", "access", "client_secret"}]
