"""Ambivo's own MCP server, as its preset installs it, against a fake of Ambivo's API."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from server.integrations.tools.fake.ambivo import STOLEN, FakeAmbivo, running_ambivo
from tests import loopback
from tests.checks.conftest import Process, Start

TOKEN = "header.payload.signature"
CALLERS = ("header.ann.signature", "header.ben.signature")


@pytest.fixture
def fake() -> FakeAmbivo:
    return FakeAmbivo()


@pytest.fixture
def api(fake: FakeAmbivo) -> Iterator[str]:
    """Run the fake in a loop of its own."""
    ready, addresses, ended = threading.Event(), list[str](), list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()

    async def run() -> None:
        async with running_ambivo(fake) as address:
            end = asyncio.Event()
            addresses.append(address)
            ended.append((asyncio.get_running_loop(), end))
            ready.set()
            await end.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(30)
    yield addresses[0]
    loop, end = ended[0]
    loop.call_soon_threadsafe(end.set)
    thread.join(30)


def check_callers(server: Process, fake: FakeAmbivo) -> None:
    """Ask with tokens of callers, each of which reaches the API instead of the person's."""
    assert server.person("PUT", "/api/tools/ambivo/caller-tokens", json={"enabled": True}).status_code == 200
    for caller in CALLERS:
        headers = {"Authorization": f"Bearer {caller}"}
        for method, options in (("POST", {"json": {"query": "Show me leads"}}), ("GET", {"params": {"query": "Show me leads"}})):
            answer = loopback.request(method, f"{server.public}/query", headers=headers, **options)
            assert (answer.status_code, fake.queries[-1]) == (200, (caller, "Show me leads")), answer.text
        named = {"name": "natural_query", "arguments": {"query": "Show me contacts"}}
        assert loopback.post(f"{server.public}/tools", headers=headers, json=named).status_code == 200
        assert fake.queries[-1] == (caller, "Show me contacts")
    stolen = loopback.post(f"{server.public}/query", headers={"Authorization": f"Bearer {STOLEN}"}, json={"query": "Leads"})
    assert (stolen.status_code, "HTTP 401" in stolen.json()["detail"]) == (502, True)
    assert server.person("PUT", "/api/tools/ambivo/caller-tokens", json={"enabled": False}).status_code == 200


def add(server: Process, **inputs: str) -> None:
    added = server.person("POST", "/api/tools/presets/ambivo", json={"inputs": inputs}, timeout=300)
    assert added.status_code == 201, added.text
    assert server.person("PUT", "/api/tools/ambivo/trust", json={"trusted": True}).status_code == 200


@pytest.mark.timeout(400)
def test_preset_is_installed_at_start_and_answers_questions(start: Start, fake: FakeAmbivo, api: str) -> None:
    server = start(DESKHAND_TOOLS_PRESETS="ambivo", AMBIVO_AUTH_TOKEN=TOKEN, AMBIVO_API_BASE_URL=api)
    limit = time.monotonic() + 300
    while not (servers := server.person("GET", "/api/tools").json()["servers"]) or not servers[0]["tools"]:
        assert time.monotonic() < limit
        time.sleep(0.2)
    assert (servers[0]["id"], servers[0]["info"]["protocol"]) == ("ambivo", "2025-11-25"), "a server of the former SDK"
    assert server.person("PUT", "/api/tools/ambivo/trust", json={"trusted": True}).status_code == 200
    headers = {"X-API-Key": server.make_client("my-gpt")}
    ask = {"query": "Show me leads created this week", "response_format": "both"}
    assert [tool["name"] for tool in loopback.get(f"{server.public}/tools", headers=headers).json()["tools"]] == ["natural_query"]
    assert loopback.post(f"{server.public}/tools/set-auth-token", headers=headers, json={"token": TOKEN}).status_code == 404
    answer = loopback.post(f"{server.public}/query", headers=headers, json=ask)
    assert answer.status_code == 200, answer.text
    assert '"success": true' in answer.json()["result"]
    assert fake.queries == [(TOKEN, ask["query"])]
    check_callers(server, fake)
    add(server, token=STOLEN, url=api)
    refused = loopback.post(f"{server.public}/query", headers=headers, json=ask)
    assert refused.status_code == 502, "it reports this as a success"
    assert "HTTP 401" in refused.json()["detail"]
    with socket.create_server(("127.0.0.1", 0)) as silent:  # which accepts, and never answers
        add(server, token=TOKEN, url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        late = loopback.post(f"{server.public}/query", headers=headers, json=ask)
        assert (late.status_code, time.monotonic() - began < 40) == (502, True), "no job"
    assert server.person("DELETE", "/api/tools/ambivo").status_code == 200
    assert not any((server.data / "presets" / "ambivo").glob("1.*"))
