import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI, Request, WebSocket
from fastapi.sse import EventSourceResponse
from starlette.responses import PlainTextResponse
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.sockets import Limits, Listener, bind, run

HOST = b"host: localhost\r\n"
POST = b"POST /echo HTTP/1.1\r\n" + HOST
GET = b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n"
SHORT = Limits(head_seconds=0.3, body_seconds=0.3, linger_seconds=0.2, write_seconds=0.3, idle_seconds=0.3)
ROOMY = Limits()

Runner = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


@dataclass
class Server:
    """A listener beside the test, in the same event loop, and what its application saw."""

    limits: Limits
    port: int = 0
    seen: list[str] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    listener: Any = None
    callers: list["Caller"] = field(default_factory=list)

    def make_app(self) -> FastAPI:
        app = FastAPI(max_body_size=100_000)

        @app.post("/echo")
        async def echo(request: Request) -> int:
            return len(await request.body())

        @app.get("/slow")
        async def wait() -> str:
            self.seen.append("slow")
            await self.go_on.wait()
            return "slow"

        @app.get("/large")
        async def large() -> PlainTextResponse:
            return PlainTextResponse("x" * 30_000_000)

        @app.get("/headers")
        async def headers(request: Request) -> list[list[str]]:
            return [list(pair) for pair in request.headers.items()]

        @app.post("/trailers")
        async def trailers(request: Request) -> list[list[str]]:
            await request.body()
            return [[name.decode(), value.decode()] for name, value in request.scope["headers"]]

        @app.get("/events", response_class=EventSourceResponse)
        async def events() -> AsyncIterator[dict[str, int]]:
            try:
                yield {"hello": 1}
                await asyncio.sleep(60)
            finally:
                self.seen.append("left")

        @app.websocket("/ws")
        async def echo_length(socket: WebSocket) -> None:
            await socket.accept()
            async for message in socket.iter_text():
                await socket.send_text(str(len(message)))

        @app.websocket("/flood")
        async def flood(socket: WebSocket) -> None:
            await socket.accept()
            try:
                while True:
                    await socket.send_text("x" * 100_000)
            finally:
                self.seen.append("left")

        @app.get("/{rest:path}")
        async def any_path(rest: str) -> str:
            return rest

        return app

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Server"]:
        bound = bind()
        self.port = bound.getsockname()[1]
        self.listener = Listener(self.make_app(), bound, self.limits)
        task = asyncio.create_task(self.listener.run_until_stopped())
        await self.listener.ready.wait()
        try:
            yield self
        finally:
            for caller in self.callers:
                caller.writer.transport.abort()
            self.listener.stop()
            await task

    async def open(self, data: bytes = b"") -> "Caller":
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        caller = Caller(reader, writer)
        self.callers.append(caller)
        await caller.send(data)
        return caller

    async def talk(self, data: bytes, wait: float = 3) -> tuple[bytes, bool]:
        """Send all of it; what came back before the server hung up, and whether it did."""
        caller = await self.open(data)
        return await caller.read_to_end(wait)

    @property
    def connections(self) -> int:
        return len(self.listener.server_state.connections)

    async def until(self, condition: Callable[[], bool], seconds: float = 5) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)


@dataclass
class Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            self.writer.write(data)
            async with asyncio.timeout(2):
                await self.writer.drain()

    async def read_to_end(self, wait: float = 3) -> tuple[bytes, bool]:
        got, closed = b"", False
        try:
            async with asyncio.timeout(wait):
                while chunk := await self.reader.read(65536):
                    got += chunk
            closed = True
        except ConnectionError:
            closed = True
        except TimeoutError:
            pass
        finally:
            self.writer.transport.abort()
        return got, closed

    async def read_answer(self) -> bytes:
        async with asyncio.timeout(3):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            return head + await self.reader.readexactly(length)


def run_plainly(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main())


@pytest.fixture(params=[run, run_plainly], ids=["fast loop", "plain loop"])
def serve(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Run a test's coroutine beside a server, in both kinds of event loop."""

    def go(test: Callable[[Server], Awaitable[None]], limits: Limits = ROOMY) -> None:
        async def main() -> None:
            async with Server(limits).serving() as server:
                await test(server)

        request.param(main)

    return go


@pytest.mark.parametrize(
    "data",
    [b"", b"POST /ec", POST + b"x: y", POST + b"content-length: 5\r\n\r\nab", b"\r\n", POST + b"transfer-encoding: chunked\r\n\r\n2"],
    ids=["silent", "half a line", "half a head", "half a body", "empty line", "half a chunk"],
)
def test_a_caller_who_dawdles_is_hung_up_on(serve, data):
    async def test(server: Server) -> None:
        assert await server.talk(data) == (b"", True)

    serve(test, SHORT)


def test_a_caller_who_drips_is_hung_up_on(serve):
    async def test(server: Server) -> None:
        for start, drop in ((b"\r\n", b"\r\n"), (POST, b"x"), (POST + b"content-length: 99\r\n\r\n", b"x")):
            caller = await server.open(start)
            reading = asyncio.create_task(caller.read_to_end())
            while not reading.done():
                await caller.send(drop)
                await asyncio.sleep(0.02)
            assert reading.result() == (b"", True)

    serve(test, SHORT)


def test_a_connection_left_idle_is_closed_and_so_is_one_that_only_sends_empty_lines(serve):
    async def test(server: Server) -> None:
        for rest in (b"", b"\r\n"):
            caller = await server.open(POST + b"content-length: 2\r\n\r\nab")
            assert (await caller.read_answer()).endswith(b"2")
            await caller.send(rest)
            assert await caller.read_to_end() == (b"", True)

    serve(test, SHORT)


def test_an_empty_line_after_a_request_does_not_cut_its_answer_short(serve):
    async def test(server: Server) -> None:
        caller = await server.open(GET)
        await server.until(lambda: server.seen == ["slow"])
        await caller.send(b"\r\n")
        await asyncio.sleep(2 * SHORT.head_seconds)
        server.go_on.set()
        assert (await caller.read_answer()).endswith(b'"slow"')

    serve(test, SHORT)


def test_two_hundred_half_sent_heads_are_closed_while_a_call_works(serve):
    async def test(server: Server) -> None:
        slow = [await server.open(b"GET / HTT") for _ in range(200)]
        answer, _ = await server.talk(POST + b"connection: close\r\ncontent-length: 3\r\n\r\nabc")
        assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"3")
        ends = await asyncio.gather(*(caller.read_to_end() for caller in slow))
        assert {closed for _, closed in ends} == {True}
        assert server.connections == 0

    serve(test, SHORT)


def test_a_large_body_gets_the_time_that_it_needs_at_a_usual_speed(serve):
    async def test(server: Server) -> None:
        caller = await server.open(POST + b"content-length: 50000\r\n\r\n")
        for _ in range(10):
            await caller.send(b"x" * 5_000)
            await asyncio.sleep(0.05)
        assert (await caller.read_answer()).endswith(b"50000")

    serve(test, Limits(body_seconds=0.2, slow_body=50_000))


AMBIGUOUS = {
    "two hosts": b"POST /echo HTTP/1.1\r\nhost: localhost\r\nhost: evil\r\n\r\n",
    "no host": b"POST /echo HTTP/1.1\r\n\r\n",
    "length and coding": POST + b"content-length: 13\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "two lengths": POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabc",
    "the same length twice": POST + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
    "signed length": POST + b"content-length: +3\r\n\r\nabc",
    "length past counting": POST + b"content-length: 99999999999999999999999\r\n\r\nabc",
    "unknown coding": POST + b"transfer-encoding: xchunked\r\n\r\n",
    "two codings": POST + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding twice": POST + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks before they were invented": b"POST /echo HTTP/1.0\r\n" + HOST + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded header": POST + b"x: a\r\n b\r\n\r\n",
    "bare line feeds": b"POST /echo HTTP/1.1\nhost: localhost\n\n",
    "bare carriage return": POST + b"x: a\rb\r\n\r\n",
    "zero byte in a header": POST + b"x: a\0b\r\n\r\n",
    "space before the colon": POST + b"content-length : 3\r\n\r\nabc",
    "zero byte in the path": b"GET /a\0b HTTP/1.1\r\n" + HOST + b"\r\n",
    "letters beyond ASCII in the path": "GET /ä HTTP/1.1\r\n".encode() + HOST + b"\r\n",
    "letters beyond ASCII in the query": b"GET /?\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "another server's address": b"GET http://evil/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "no path": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "tunnel": b"CONNECT evil:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "unknown method": b"BREW /echo HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/2 in the old way": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "garbage": bytes(range(256)) * 8,
    "bad chunk": POST + b"transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "broken WebSocket": b"GET /ws HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
}


@pytest.mark.parametrize("data", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_can_be_read_in_two_ways_is_refused_with_a_sentence(serve, data):
    async def test(server: Server) -> None:
        answer, closed = await server.talk(data)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer
        assert answer.count(b"HTTP/1.1") == 1
        assert b"application/problem+json" in answer and b'"detail"' in answer and b"\r\ndate: " in answer
        assert closed

    serve(test)


@pytest.mark.parametrize(
    "data",
    [
        POST + b"x: " + b"a" * 400_000 + b"\r\n\r\n",
        POST + b"x: y\r\n" * 40_000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        POST + b"x: " + b"a" * 70_000,
        POST + b"transfer-encoding: chunked\r\n\r\n1;" + b"a" * 400_000,
        POST + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + b"x: y\r\n" * 100_000,
        b"\r\n" * 300_000,
    ],
    ids=["one header", "many headers", "path", "unfinished header", "chunk extension", "trailers", "empty lines"],
)
def test_heads_that_are_too_large_or_endless_are_refused(serve, data):
    async def test(server: Server) -> None:
        answer, closed = await server.talk(data)
        assert closed
        assert answer == b"" or answer.startswith(b"HTTP/1.1 431 "), answer[:100]  # a reset may overtake it
        await server.until(lambda: server.connections == 0, 1)

    serve(test)


def test_broken_paths_are_read_and_never_a_server_error(serve):
    async def test(server: Server) -> None:
        for path in (b"/%zz", b"/%ff%fe", b"/%00", b"//evil/x", b"/a#b", b"/%ed%a0%80", b"/?%ff", b"/..%2f..%2f"):
            answer, _ = await server.talk(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"connection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), (path, answer)

    serve(test)


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(serve):
    async def test(server: Server) -> None:
        answer, closed = await server.talk(POST + b"content-length: 1000000000000\r\n\r\n" + b"x" * 1000)
        assert answer.startswith(b"HTTP/1.1 413") and closed

    serve(test, SHORT)


def test_a_body_without_an_end_is_cut_off_after_its_refusal(serve):
    async def test(server: Server) -> None:
        caller = await server.open(POST + b"transfer-encoding: chunked\r\n\r\n")
        reading = asyncio.create_task(caller.read_to_end(10))
        async with asyncio.timeout(5):
            while not reading.done():
                await caller.send(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
                await asyncio.sleep(0.001)
        answer, closed = reading.result()
        assert answer.startswith(b"HTTP/1.1 413") and closed

    serve(test, Limits(linger_seconds=0.2))


def test_headers_after_the_body_are_not_added_to_those_that_were_checked(serve):
    async def test(server: Server) -> None:
        chunks = b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nhost: evil\r\nx-api-key: x\r\n\r\n"
        caller = await server.open(b"POST /trailers HTTP/1.1\r\n" + HOST + chunks)
        answer = await caller.read_answer()
        assert answer.startswith(b"HTTP/1.1 200") and b"evil" not in answer and b"x-api-key" not in answer

    serve(test)


def test_a_connection_serves_one_request_after_another(serve):
    async def test(server: Server) -> None:
        caller = await server.open()
        for length in (1, 2, 3):
            await caller.send(POST + b"content-length: %d\r\n\r\n" % length + b"x" * length)
            assert (await caller.read_answer()).endswith(b"%d" % length)
            assert server.connections == 1

    serve(test)


def test_requests_sent_at_once_are_answered_in_their_order(serve):
    async def test(server: Server) -> None:
        sizes = [1, 22, 333]
        requests = [POST + b"content-length: %d\r\n\r\n" % size + b"x" * size for size in sizes]
        caller = await server.open(b"".join(requests))
        assert [(await caller.read_answer()).rpartition(b"\n")[2] for _ in sizes] == [b"1", b"22", b"333"]

    serve(test)


def test_a_request_that_waits_behind_a_slow_one_is_not_hung_up_on(serve):
    async def test(server: Server) -> None:
        caller = await server.open(GET + POST + b"content-length: 2\r\n\r\nab" + b"GET /th")
        await server.until(lambda: server.seen == ["slow"])
        await asyncio.sleep(3 * SHORT.head_seconds)
        server.go_on.set()
        assert (await caller.read_answer()).endswith(b'"slow"')
        assert (await caller.read_answer()).endswith(b"2")
        await caller.send(b"ird HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await caller.read_answer()).endswith(b'"third"')

    serve(test, SHORT)


def test_a_broken_second_request_does_not_write_into_the_answer_to_the_first(serve):
    async def test(server: Server) -> None:
        caller = await server.open(GET)
        await server.until(lambda: server.seen == ["slow"])
        await caller.send(b"\0\0\0\r\n\r\n")
        answer, closed = await caller.read_to_end()
        assert answer == b"" and closed

    serve(test)


def test_a_caller_who_never_reads_is_hung_up_on(serve):
    async def test(server: Server) -> None:
        caller = await server.open(b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n")
        caller.writer.transport.pause_reading()
        await server.until(lambda: server.connections == 1)
        await server.until(lambda: server.connections == 0)
        caller.writer.transport.abort()

    serve(test, SHORT)


def test_an_application_learns_that_a_caller_left_even_behind_a_second_request(serve):
    async def test(server: Server) -> None:
        for rest in (b"", GET):
            server.seen.clear()
            caller = await server.open(b"GET /events HTTP/1.1\r\n" + HOST + b"\r\n")
            await caller.reader.readuntil(b"hello")
            await caller.send(rest)
            await asyncio.sleep(0.05)
            caller.writer.transport.abort()
            await server.until(lambda: "left" in server.seen, 2)

    serve(test)


def test_one_connection_too_many_is_told_so(serve):
    async def test(server: Server) -> None:
        first = [await server.open() for _ in range(3)]
        await server.until(lambda: server.connections == 3)
        answer, closed = await server.talk(b"")
        assert answer.startswith(b"HTTP/1.1 503") and b"application/problem+json" in answer and closed
        first[0].writer.transport.abort()
        await server.until(lambda: server.connections == 2)
        answer, _ = await server.talk(POST + b"connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")

    serve(test, Limits(connections=3))
