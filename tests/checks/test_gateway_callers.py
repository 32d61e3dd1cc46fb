"""Two callers with tokens of their own, whose calls interleave at a server over standard streams and at one over HTTP."""

import asyncio
import json
import random
from collections import Counter
from typing import Any

import httpx2
import pytest

from tests.checks.conftest import Process
from tests.server.integrations.tools import caller_upstream
from tests.server.integrations.tools.caller_upstream import VARIABLE
from tests.server.integrations.tools.gateway import write_config

CALLS, SHORT = 1_000, 100
AT_ONCE = 32
CALLERS = ("header.ann.signature", "header.ben.signature")
SERVERS = ("process", "web")


def prepare(server: Process, url: str) -> None:
    """Add both servers, whose tools are trusted, and let callers use them at any rate."""
    own = {"CALLER_TOKEN": "credential-of-the-person"}
    web = {"url": url, "headers": {"Authorization": "Bearer credential-of-the-person"}}
    config = write_config(process=caller_upstream.describe(env=own), web=web)
    assert server.person("POST", "/api/tools", json={"config": config}, timeout=60).status_code == 201
    for name in SERVERS:
        assert server.person("PUT", f"/api/tools/{name}/trust", json={"trusted": True}).status_code == 200
        order = {"enabled": True, "variable": VARIABLE if name == "process" else ""}
        assert server.person("PUT", f"/api/tools/{name}/caller-tokens", json=order).status_code == 200
        assert server.person("PATCH", f"/api/clients/{name}-callers", json={"rate": "none"}).status_code == 200


def make_request(server: str, number: int) -> tuple[str, dict[str, Any]]:
    """Make a call of the tool, by turns at its own address and by its name."""
    arguments = {"number": number, "seconds": random.choice([0, 0, 0.01, 0.03])}
    if number % 2:
        return f"/tools/{server}--who", arguments
    return "/tools", {"name": f"{server}__who", "arguments": arguments}


def read(document: dict[str, Any]) -> dict[str, Any]:
    """Read who called, as the server has it."""
    text = document["result"] if "result" in document else document["content"][0]["text"]
    answer: dict[str, Any] = json.loads(text)
    return answer


async def call_all(url: str, number_of_calls: int) -> Counter[tuple[str, str]]:
    """Call by turns for both callers, over connections that they share; return how often each was answered by each server."""
    numbers, answered = iter(range(number_of_calls)), Counter[tuple[str, str]]()
    async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:

        async def call_in_turn() -> None:
            for number in numbers:
                caller, server = CALLERS[number % 2], SERVERS[number // 2 % 2]
                path, order = make_request(server, number // 4)
                headers = {"Authorization": f"Bearer {caller}", "Idempotency-Key": f"{server} {number // 4}"}
                answer = await http.post(path, json=order, headers=headers)
                assert answer.status_code == 200, answer.text
                assert read(answer.json()) == {"caller": caller, "number": number // 4}, "the data of another call"
                answered[caller, server] += 1

        await asyncio.gather(*(call_in_turn() for _ in range(AT_ONCE)))
    return answered


@pytest.mark.timeout(600)
async def test_interleaved_calls_of_two_callers_never_mix_their_data(start, long: bool) -> None:
    number_of_calls = CALLS if long else SHORT
    with caller_upstream.serving() as url:
        server: Process = start()
        await asyncio.to_thread(prepare, server, url)
        answered = await call_all(server.own, number_of_calls)
        assert answered == dict.fromkeys(((caller, name) for caller in CALLERS for name in SERVERS), number_of_calls / 4)
        activity = server.person("GET", "/api/activity?limit=200").text
        assert not any(caller in activity for caller in CALLERS)
