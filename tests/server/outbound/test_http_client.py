import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse

from server.outbound.http_client import HttpClient
from server.outbound.previews import previewing
from tests.server.listening import listening


async def echo(scope, receive, send):
    request = Request(scope, receive)
    body = {"cookie": request.headers.get("cookie"), "agent": request.headers.get("user-agent")}
    answer = RedirectResponse("/") if request.url.path == "/moved" else JSONResponse(body)
    answer.set_cookie("seen", "1")
    await answer(scope, receive, send)


@pytest.fixture
async def client():
    client = HttpClient()
    yield client
    await client.close()


async def test_client_is_created_once_and_again_after_it_was_closed(client):
    first, second = await asyncio.gather(client.get(), client.get())
    assert first is second
    await client.close()
    assert first.is_closed
    assert not (await client.get()).is_closed


async def test_requests_keep_no_cookies_and_follow_no_redirect_unasked(client):
    async with listening(echo) as listener:
        http = await client.get()
        assert (await http.get(f"http://127.0.0.1:{listener.port}/moved")).status_code == 307
        answers = [(await http.get(f"http://127.0.0.1:{listener.port}")).json() for _ in range(2)]
    assert answers == [{"cookie": None, "agent": "Deskhand"}] * 2


async def test_no_request_is_sent_in_a_preview(client):
    http = await client.get()  # also by a client that was there before
    async with listening(echo) as listener:
        with previewing(), pytest.raises(RuntimeError, match="preview"):
            await http.get(f"http://127.0.0.1:{listener.port}")
        assert (await http.get(f"http://127.0.0.1:{listener.port}")).status_code == 200


async def test_this_computer_is_never_reached_through_a_proxy(client, monkeypatch):
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with listening(echo) as listener:
        assert (await (await client.get()).get(f"http://127.0.0.1:{listener.port}")).status_code == 200
