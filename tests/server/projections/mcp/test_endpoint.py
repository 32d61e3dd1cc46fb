import json
import socket
import subprocess
import sys
from itertools import product

import pytest

from server.projections.mcp.endpoint import Endpoint
from tests.server.projections.mcp.speaking import initialize, modern, older, read


def names(answer):
    return [tool["name"] for tool in read(answer)["result"]["tools"]]


def test_both_kinds_of_revisions_are_served_at_one_path(demo):
    path = "/mcp"
    tools = names(demo.call("POST", path, **modern("tools/list")))
    assert names(demo.call("POST", f"{path}/", **modern("tools/list"))) == tools
    assert {"search", "fetch", "list_mail", "send_mail"} <= set(tools)
    begun = demo.call("POST", path, **initialize())
    assert read(begun)["result"]["serverInfo"]["title"] == "Deskhand"
    session = begun.headers["mcp-session-id"]
    assert demo.call("POST", path, **older("notifications/initialized", session=session, id=None)).status_code == 202
    assert names(demo.call("POST", path, **older("tools/list", session=session))) == tools


def test_unauthenticated_request_gets_the_address_of_the_metadata(demo):
    for key in ("", "dh_wrong"):
        refused = demo.call("POST", "/mcp", key=key, **modern("tools/list"))
        assert refused.status_code == 401
        challenge = refused.headers["www-authenticate"]
        assert f'resource_metadata="{demo.public}/.well-known/oauth-protected-resource/mcp"' in challenge
        assert ("invalid_token" in challenge) == bool(key)
        assert refused.json()["detail"]


def test_key_in_its_own_header_is_accepted(demo):
    key = demo.make_client("plain")
    request = modern("tools/list", **{"X-API-Key": key})
    assert demo.call("POST", "/mcp", key="", **request).status_code == 200


def test_get_is_not_allowed(demo):
    for method in ("GET", "HEAD", "PUT"):
        answer = demo.call(method, "/mcp", headers={"Accept": "text/event-stream"})
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST, DELETE"


def test_session_belongs_to_its_client_and_ends_with_delete(demo):
    first, second = demo.make_client("first"), demo.make_client("second")
    session = demo.call("POST", "/mcp", first, **initialize()).headers["mcp-session-id"]
    for key, wanted in ((second, 404), (first, 200)):
        assert demo.call("POST", "/mcp", key, **older("tools/list", session=session)).status_code == wanted
    assert demo.call("POST", "/mcp", first, **older("ping", session="made-up")).status_code == 404
    over = {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-06-18"}
    assert demo.call("DELETE", "/mcp", second, headers=over).status_code == 404
    assert demo.call("DELETE", "/mcp", first, headers=over).status_code == 200
    assert demo.call("POST", "/mcp", first, **older("ping", session=session)).status_code == 404


def test_revoked_client_is_refused_in_its_own_session(demo):
    key = demo.make_client("gone")
    session = demo.call("POST", "/mcp", key, **initialize()).headers["mcp-session-id"]
    assert demo.person("DELETE", "/api/clients/gone").status_code < 300
    assert demo.call("POST", "/mcp", key, **older("tools/list", session=session)).status_code == 401


def test_other_addresses_and_foreign_pages_are_refused(demo):
    for headers, wanted in (
        ({"Host": "evil.example"}, 421),
        ({"Host": f"evil.example:{demo.port}"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": demo.public}, 200),
    ):
        assert demo.call("POST", "/mcp", **modern("tools/list", **headers)).status_code == wanted


def test_listed_origin_is_answered(demo):
    assert demo.call("POST", "/mcp", **modern("tools/list")).status_code == 200
    page = "https://page.example"
    assert demo.person("PUT", "/api/origins", json={"allowed": [page]}).status_code < 300
    answer = demo.call("POST", "/mcp", **modern("tools/list", Origin=page))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == page


def test_white_space_around_a_header_is_ignored(demo):
    request = modern("tools/call", {"name": "list_apps", "arguments": {}})
    body = json.dumps(request["json"])
    lines = {
        **request["headers"],
        "Mcp-Name": "  list_apps \t ",
        "Authorization": f"Bearer {demo.make_client()}",
        "Connection": "close",
    }
    lines |= {"Host": f"127.0.0.1:{demo.port}", "Content-Type": "application/json", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", demo.port), timeout=20) as line:
        line.sendall(f"POST /mcp HTTP/1.1\r\n{head}\r\n{body}".encode())
        assert line.recv(15) == b"HTTP/1.1 200 OK"


def test_opening_a_session_counts_against_the_rate_limit(demo):
    key = demo.make_client("eager", rate="2/minute")
    statuses = [demo.call("POST", "/mcp", key, **initialize()).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert demo.call("POST", "/mcp", demo.make_client("calm"), **initialize()).status_code == 200


def test_request_that_is_not_allowed_counts_against_the_rate_limit(demo):
    key = demo.make_client("curious", rate="2/minute")
    assert [demo.call("GET", "/mcp", key).status_code for _ in range(3)] == [405, 405, 429]
    assert demo.call("GET", "/mcp", key="").status_code == 405


@pytest.mark.parametrize(
    "message",
    [
        modern("tools/list"),
        modern("server/discover"),
        modern("tools/call", {"name": "list_apps", "arguments": {}}),
        modern("tools/call", {"name": "no_such_tool", "arguments": {}}),
        older("ping", session="made-up"),
        older("notifications/initialized", session="made-up", id=None),
        {"content": b"{broken", "headers": {"Content-Type": "application/json"}},
    ],
    ids=["list", "discovery", "call", "unknown tool", "unknown session", "notification", "malformed"],
)
def test_every_request_counts_once_against_the_rate_limit(demo, message):
    key = demo.make_client(f"eager-{hash(str(message))}", rate="2/minute")
    answers = [demo.call("POST", "/mcp", key, **message) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert int(answers[2].headers["retry-after"]) >= 1


def test_tool_call_has_an_activity_row(demo):
    demo.call("POST", "/mcp", demo.make_client("bot"), **modern("tools/call", {"name": "list_apps", "arguments": {}}))
    assert [(entry["client"], entry["operation"], entry["outcome"]) for entry in demo.activity(1)] == [
        ("bot", "list_apps", "done")
    ]
    used = next(client for client in demo.person("GET", "/api/clients").json() if client["name"] == "bot")
    assert json.dumps(used).count("20")  # when it last called
    assert used["last_used_at"]


def test_malformed_message_is_a_client_error(demo):
    bodies = [b"", b"{", b"[]", b'[{"jsonrpc": "2.0"}]', b"[" * 100_000, b'{"jsonrpc": "2.0", "id": 1}']
    for body, headers in product(bodies, (modern("tools/list")["headers"], initialize()["headers"])):
        answer = demo.call("POST", "/mcp", content=body, headers=headers | {"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500
    assert demo.call("POST", "/mcp", **modern("tools/list")).status_code == 200


def test_body_larger_than_every_operation_takes_is_refused(demo):
    headers = modern("tools/list")["headers"] | {"Content-Type": "application/json"}
    assert demo.call("POST", "/mcp", content=b" " * (40 * 1024 * 1024), headers=headers).status_code == 413


def test_mcp_sdk_is_not_imported_at_start():
    code = f"import sys, server.public.app, {Endpoint.__module__}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"mcp", "mcp_types"} & set(done.stdout.split())
