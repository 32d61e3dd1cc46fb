"""Pairing over HTTP, as the extension does it."""

import httpx2
import pytest

from server.integrations.queue.extension_files import read_manifest

PAGE = "https://chatgpt.example"


@pytest.fixture
async def http(bridge):
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{bridge.port}", trust_env=False) as http:
        yield http


async def test_extension_is_paired_and_connects_with_its_origin(bridge, http):
    origin = read_manifest().origin
    order = {"code": bridge.extensions.pairing.begin().code, "name": "Laptop", "browser": "Chromium 156"}
    entered = await http.post("/ws/extension/pair", json=order, headers={"Origin": origin})
    assert (entered.status_code, entered.json()["status"]) == (202, "pending")
    poll = f"/ws/extension/pair/{entered.json()['id']}"
    assert (await http.get(poll)).status_code == 202
    (question,) = await bridge.state.context.approval_requests.list()
    await bridge.state.context.approval_requests.approve(question.id)
    paired = await http.get(poll)
    assert (paired.status_code, paired.json()["status"]) == (200, "paired")
    async with bridge.extension(paired.json()["key"], origin) as peer:
        await peer.settle()
    (extension,) = await bridge.extensions.registry.list()
    await bridge.extensions.remove(extension.id)


async def test_web_page_is_refused(bridge, http):
    code = bridge.extensions.pairing.begin().code
    for origin in (PAGE, "null"):
        response = await http.post("/ws/extension/pair", json={"code": code}, headers={"Origin": origin})
        assert (response.status_code, "extension" in response.json()["detail"]) == (403, True)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_pairing_through_a_tunnel_is_refused(bridge, http, method):
    bridge.state.address.set_public_url("https://abc.tunnel.example")
    try:
        code = bridge.extensions.pairing.begin().code
        path = "/ws/extension/pair" if method == "POST" else f"/ws/extension/pair/{code}"
        for headers in ({"Host": "abc.tunnel.example"}, {"X-Forwarded-For": "203.0.113.7"}):
            response = await http.request(method, path, json={"code": code} if method == "POST" else None, headers=headers)
            assert (response.status_code, "this computer" in response.json()["detail"]) == (403, True)
    finally:
        bridge.state.address.set_public_url(None)


async def test_wrong_code_is_counted(bridge, http):
    bridge.extensions.pairing.begin()
    statuses = [(await http.post("/ws/extension/pair", json={"code": "WRONG"})).status_code for _ in range(6)]
    assert statuses == [403, 403, 403, 403, 429, 403]


@pytest.mark.parametrize("body", [{}, {"code": 7}, {"code": "x" * 99}, []])
async def test_malformed_request_is_refused(http, body):
    assert (await http.post("/ws/extension/pair", json=body)).status_code in {400, 422}


async def test_other_origins_may_call_no_other_path(http):
    assert (await http.get("/api/chat/requests/", headers={"Origin": PAGE})).status_code == 403
