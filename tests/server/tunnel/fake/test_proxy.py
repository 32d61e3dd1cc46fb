import asyncio
from collections.abc import AsyncIterator

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from server.tunnel.fake.proxy import Proxy, rewrite
from server.tunnel.fake.wire import Head
from tests import loopback
from tests.server.listening import RecordingListener, serve


async def echo(request: Request) -> JSONResponse:
    return JSONResponse(
        {"headers": dict(request.headers), "body": (await request.body()).decode(), "path": str(request.url.path)}
    )


def application(go_on: asyncio.Event, left: asyncio.Event) -> Starlette:
    async def stream(_: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            try:
                yield b"first"
                await go_on.wait()
                yield b"second"
                await asyncio.Event().wait()
            finally:
                left.set()

        return StreamingResponse(parts())

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text((await socket.receive_text()).upper())
        await socket.close()

    return Starlette(
        routes=[Route("/echo", echo, methods=["GET", "POST"]), Route("/stream", stream), WebSocketRoute("/ws", talk)]
    )


def behind_proxy(test, **events) -> None:
    async def main(listener: RecordingListener) -> None:
        proxy = Proxy(f"http://127.0.0.1:{listener.port}")
        address = await proxy.open()
        try:
            async with (
                loopback.AsyncClient(base_url=address, timeout=10) as http,
                asyncio.timeout(60),
            ):
                await test(http, proxy)
        finally:
            proxy.close()

    events = events or {"go_on": asyncio.Event(), "left": asyncio.Event()}
    serve(application(**events), main)


def test_request_is_forwarded_with_forwarding_headers() -> None:
    async def test(http: httpx2.AsyncClient, proxy: Proxy) -> None:
        answer = (await http.post("/echo", content=b"x" * 200_000, headers={"X-Mine": "kept"})).json()
        assert answer["body"] == "x" * 200_000
        assert answer["headers"]["host"] == answer["headers"]["x-forwarded-host"] == http.base_url.netloc.decode()
        assert (answer["headers"]["x-mine"], answer["headers"]["x-forwarded-for"]) == ("kept", "127.0.0.1")
        chunked = await http.post("/echo", content=parts())
        assert chunked.json()["body"] == "onetwo"
        assert proxy.requests == 2

    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    behind_proxy(test)


def test_stream_is_forwarded_as_it_is_sent_and_ends_with_its_client() -> None:
    go_on, left = asyncio.Event(), asyncio.Event()

    async def test(http: httpx2.AsyncClient, _: Proxy) -> None:
        async with http.stream("GET", "/stream") as answer:
            chunks = answer.aiter_raw()
            assert await anext(chunks) == b"first"
            go_on.set()
            assert await anext(chunks) == b"second"
        async with asyncio.timeout(60):
            await left.wait()

    behind_proxy(test, go_on=go_on, left=left)


def test_websocket_is_forwarded() -> None:
    async def test(http: httpx2.AsyncClient, _: Proxy) -> None:
        async with connect(f"ws://{http.base_url.netloc.decode()}/ws", proxy=None) as socket:
            await socket.send("hello")
            assert await socket.recv() == "HELLO"

    behind_proxy(test)


async def test_missing_upstream_is_the_error_of_ngrok() -> None:
    proxy = Proxy("http://127.0.0.1:9")
    async with loopback.AsyncClient() as http:
        answer = await http.get(await proxy.open())
    assert (answer.status_code, answer.headers["ngrok-error-code"]) == (502, "ERR_NGROK_8012")
    proxy.close()


def test_forwarded_headers_name_the_caller_whatever_it_sent() -> None:
    head = Head(b"GET / HTTP/1.1", ((b"host", b"127.0.0.1:8000"), (b"x-forwarded-for", b"127.0.0.1")))
    lines = rewrite(head, "203.0.113.9").split(b"\r\n")
    assert lines.index(b"X-Forwarded-For: 203.0.113.9") > lines.index(b"x-forwarded-for: 127.0.0.1")
