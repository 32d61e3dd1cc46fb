"""Callers with a token of their own, through a real server, at a server over standard streams and at one over HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from server.integrations.tools.sessions import MOST_IDENTITIES
from server.lifecycle import runtime_file
from tests.server.integrations.tools import caller_upstream
from tests.server.integrations.tools.caller_upstream import REFUSED, VARIABLE
from tests.server.integrations.tools.gateway import (
    ScriptedUpstream,
    add_servers,
    describe_tool,
    find_server,
    serve_crm,
    trust,
    wait_until,
)
from tests.server.restarts import wait_for_restart

ANN, BEN = "header.ann.signature", "header.ben.signature"
OWN_KEY = "key-of-the-person.with-two.dots-in-it"
OWN = "credential-of-the-person"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server whose upstreams are the demo CRM, and two that say who calls; callers may use these."""
    with caller_upstream.serving() as url, serve_crm(tmp_path_factory.mktemp("tools"), first_key=OWN_KEY) as served:
        add_servers(
            served,
            who=caller_upstream.describe(env={VARIABLE: OWN, "OTHER_CREDENTIAL": OWN, "SERVICE_URL": "https://service.example"}),
            web={"url": url, "headers": {"X-Api-Key": OWN}},
        )
        for server in ("who", "web", "crm"):
            trust(served, server)
        allow(served, "who", variable=VARIABLE)
        allow(served, "web")
        yield served


def allow(served, server: str, *, enabled: bool = True, variable: str = "") -> dict:
    answer = served.person("PUT", f"/api/tools/{server}/caller-tokens", json={"enabled": enabled, "variable": variable})
    assert answer.status_code == 200, answer.text
    return find_server(served, server)


@contextmanager
def allowed(served, server: str, **options) -> Iterator[None]:
    allow(served, server, **options)
    try:
        yield
    finally:
        allow(served, server, enabled=False)


def call(served, token: str, tool: str, server: str = "who", **arguments):
    return served.call("POST", "/tools", token, json={"name": f"{server}__{tool}", "arguments": arguments})


def read(answer) -> dict:
    assert answer.status_code == 200, answer.text
    return json.loads(answer.json()["result"])


@pytest.mark.parametrize("server", ["who", "web"])
def test_each_caller_calls_with_their_own_token(served, server):
    for token in (ANN, BEN, ANN):
        assert read(call(served, token, "who", server, number=7)) == {"caller": token, "number": 7}
        answer = served.call("POST", f"/tools/{server}--who", token, json={})
        assert token in answer.text, "the address of the tool"


@pytest.mark.parametrize("server", ["who", "web"])
def test_caller_gets_no_credential_of_the_person(served, server):
    given = call(served, ANN, "see", server)
    assert given.status_code == 200, given.text
    assert OWN not in given.text
    if server == "who":
        assert read(given)["environment"]["SERVICE_URL"] == "https://service.example"
    own = call(served, served.make_client(f"see-{server}", scopes=[f"use:{server}"]), "see", server)
    assert OWN in own.text, "the person's clients have it"
    assert ANN not in own.text


def test_callers_see_the_tools_that_they_may_call(served):
    names = [tool["name"] for tool in served.call("GET", "/tools", ANN).json()["tools"]]
    assert len(names) == 8
    assert all(name.startswith(("who__", "web__")) for name in names)
    assert call(served, ANN, "who").status_code == 200
    for path, order in (
        ("/tools/get-leads", {}),
        ("/tools", {"name": "get_leads", "arguments": {}}),
        ("/query", {"query": "leads"}),
    ):
        assert served.call("POST", path, ANN, json=order).status_code == 401, path


@pytest.mark.parametrize("path", ["/mcp", "/apps", "/jobs/1", "/approvals/1"])
def test_token_of_a_caller_opens_nothing_else(served, path):
    method = "POST" if path == "/mcp" else "GET"
    assert served.call(method, path, ANN, json={}).status_code in {401, 404}
    assert served.call(method, path, "", json={}).status_code == served.call(method, path, ANN, json={}).status_code


@pytest.mark.parametrize("token", ["opaque-token-of-somebody", "dh_abc.def.ghi", "a.b", f"a.b.{'c' * 5_000}", "a.b.c.d"])
def test_bearer_of_another_form_is_a_wrong_key(served, token):
    assert call(served, token, "who").status_code == 401


def test_key_that_has_ended_is_not_handed_to_a_server(served):
    assert call(served, OWN_KEY, "who").status_code == 403, "a client's key, without the scope"
    assert served.person("DELETE", "/api/clients/first").status_code == 200
    assert call(served, OWN_KEY, "who").status_code == 401


def test_two_credentials_are_no_caller(served):
    answer = served.call("POST", "/tools/who--who", ANN, json={}, headers={"X-API-Key": served.make_client("both")})
    assert answer.status_code == 401


def test_call_that_would_ask_is_refused_with_a_sentence(served):
    trust(served, "who", trusted=False)
    try:
        answer = call(served, ANN, "who")
        assert answer.status_code == 403, answer.text
        assert "callers with a token of their own" in answer.json()["detail"]
        assert served.person("GET", "/api/approvals").json() == []
        assert served.activity(1)[0]["outcome"] == "refused"
    finally:
        trust(served, "who")


def test_person_is_not_asked_by_a_server_for_a_caller(served):
    answer = call(served, ANN, "ask")
    assert answer.status_code == 200, answer.text
    assert "may be incomplete" in answer.text


def test_result_of_one_caller_is_not_repeated_to_another(served):
    headers = {"Idempotency-Key": "the-same"}
    for token in (ANN, BEN):
        answers = [served.call("POST", "/tools/who--who", token, json={"number": 3}, headers=headers) for _ in range(2)]
        assert all(token.partition(".")[2].partition(".")[0] in answer.text or "•••" in answer.text for answer in answers)
        assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true"]
        assert token in answers[0].text


def test_token_is_neither_stored_nor_shown(served):
    token = "header.secretive.signature"
    read(call(served, token, "who"))
    assert call(served, token, "see").status_code == 200
    shown = [
        served.person("GET", path).text
        for path in ("/api/activity?limit=200", "/api/tools", "/api/tools/who/log", "/api/clients")
    ]
    assert not any("secretive" in text for text in shown)
    for file in served.data.rglob("*"):
        if file.is_file():
            assert b"secretive" not in file.read_bytes(), file
    entry = served.activity(1)[0]
    assert (entry["client"], entry["operation"]) == ("who-callers", "who__see")


def test_token_that_a_server_refuses_takes_no_place(served):
    for number in range(MOST_IDENTITIES + 1):
        answer = call(served, f"{REFUSED}token.{number}", "who", "web")
        assert (answer.status_code, "refused your token" in answer.json()["detail"]) == (401, True)
    assert read(call(served, BEN, "who", "web"))["caller"] == BEN


def test_server_that_runs_commands_is_not_for_callers(served, tmp_path):
    shell = ScriptedUpstream(tmp_path / "tools.json", "shell")
    shell.write(describe_tool("run_command", "Runs a command."))
    add_servers(served, shell=shell.describe())
    answer = served.person("PUT", "/api/tools/shell/caller-tokens", json={"enabled": True, "variable": "SHELL_TOKEN"})
    assert answer.status_code == 422, answer.text
    assert "strangers" in answer.json()["detail"]
    assert not find_server(served, "shell")["caller_tokens"]
    served.person("DELETE", "/api/tools/shell")


def test_token_that_expires_ends_the_session(served):
    token = "header.expiring.signature"
    assert call(served, token, "expire", "web").status_code == 200
    for _ in range(2):
        answer = call(served, token, "who", "web")
        assert (answer.status_code, "refused your token" in answer.json()["detail"]) == (401, True)


def test_callers_are_let_in_by_the_person_alone(served):
    assert not find_server(served, "crm")["caller_tokens"]
    assert call(served, ANN, "get_leads", "crm").status_code in {401, 404}
    refused = served.person("PUT", "/api/tools/crm/caller-tokens", json={"enabled": True})
    assert (refused.status_code, "Name the variable" in refused.json()["detail"]) == (422, True)
    with allowed(served, "crm", variable="CRM_TOKEN"):
        view = find_server(served, "crm")
        assert (view["caller_tokens"], view["token_variable"]) == (True, "CRM_TOKEN")
        assert served.call("POST", "/tools/get-leads", ANN, json={"limit": 1}).status_code == 200
        assert served.call("POST", "/query", ANN, json={"query": "Show me leads"}).status_code == 200
    assert served.call("POST", "/tools/get-leads", ANN, json={"limit": 1}).status_code == 401


def test_sessions_end_when_the_client_of_callers_is_revoked(served):
    add_servers(served, ended=caller_upstream.describe())
    trust(served, "ended")
    allow(served, "ended", variable=VARIABLE)
    process = psutil.Process(read(call(served, ANN, "see", "ended"))["process"])
    assert served.person("DELETE", "/api/clients/ended-callers").status_code == 200
    wait_until(lambda: not process.is_running())
    assert find_server(served, "ended")["state"] == "ready", "the session of the person's goes on"
    assert served.person("DELETE", "/api/tools/ended").status_code == 200


def test_revoked_client_ends_it_and_nothing_is_paused_for_a_caller(served):
    with allowed(served, "crm", variable="CRM_TOKEN"):
        served.person("POST", "/api/pause", json={"minutes": 5})
        assert served.call("POST", "/tools/get-leads", ANN, json={}).status_code == 503
        served.person("DELETE", "/api/pause")
        assert served.call("POST", "/tools/get-leads", ANN, json={}).status_code == 200
        assert served.person("DELETE", "/api/clients/crm-callers").status_code == 200
        assert served.call("POST", "/tools/get-leads", ANN, json={}).status_code == 401
        assert not find_server(served, "crm")["caller_tokens"]


def test_callers_are_let_in_after_a_start_and_by_no_backup(serve, tmp_path):
    served = serve(tmp_path / "data")
    add_servers(served, who=caller_upstream.describe())
    trust(served, "who")
    allow(served, "who", variable=VARIABLE)
    backup = tmp_path / "backup.zip"
    assert served.person("POST", "/api/backup", json={"path": str(backup)}).status_code == 200
    assert served.background.stop()
    served = serve(tmp_path / "data")
    assert served.call("POST", "/tools/who", ANN, json={}).status_code == 200
    running = runtime_file.read(served.data)
    assert running
    assert served.person("POST", "/api/restore", json={"path": str(backup)}).status_code == 202
    served = wait_for_restart(served, running.key)
    assert not find_server(served, "who")["caller_tokens"]
    assert served.call("POST", "/tools/who", ANN, json={}).status_code == 401
    assert served.call("GET", "/tools", ANN).status_code == 401
