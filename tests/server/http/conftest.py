"""A small application beside which tests run, in both kinds of event loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI, Request
from fastapi.sse import EventSourceResponse
from starlette.responses import PlainTextResponse, StreamingResponse

from server.http.server import Limits, run
from tests.server.listening import RecordingListener, serve


@dataclass
class CallRecorder:
    """Calls received by the application; `go_on` releases its slow response."""

    calls: list[str] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


def make_app(seen: CallRecorder) -> FastAPI:
    app = FastAPI(max_body_size=100_000)

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.post("/trailers")
    async def trailers(request: Request) -> list[str]:
        await request.body()
        return [name.decode() + value.decode() for name, value in request.scope["headers"]]

    @app.get("/slow")
    async def wait() -> str:
        seen.calls.append("slow")
        await seen.go_on.wait()
        return "slow"

    @app.get("/large")
    async def large() -> PlainTextResponse:
        return PlainTextResponse("x" * 30_000_000)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter(["x" * 10_000] * 1_000))

    @app.get("/page")
    async def page(size: int = 60_000) -> PlainTextResponse:
        return PlainTextResponse("x" * size)

    @app.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[dict[str, int]]:
        try:
            while True:
                yield {"hello": 1}
                await asyncio.sleep(0.02)
        finally:
            seen.calls.append("left")

    @app.get("/{rest:path}")
    async def any_path(rest: str) -> str:
        return rest

    return app


def run_plainly(main):
    asyncio.run(main())


@pytest.fixture
def seen() -> CallRecorder:
    return CallRecorder()


@pytest.fixture(params=[run, run_plainly], ids=["fast loop", "plain loop"])
def beside(request: pytest.FixtureRequest, seen: CallRecorder) -> Callable[..., None]:
    """Run a test's coroutine beside a server, in both kinds of event loop."""

    def go(test: Callable[[RecordingListener], Awaitable[None]], limits: Limits | None = None) -> None:
        async def test_and_let_go(listener: RecordingListener) -> None:
            try:
                await test(listener)
            finally:
                seen.go_on.set()

        serve(make_app(seen), test_and_let_go, limits, request.param)

    return go
