import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from server.http.protocol import TWO_WAYS, check_head
from server.http.server import run
from tests.server.listening import HOST, RecordingListener, serve, talk, until_alone

POST = b"POST /echo HTTP/1.1\r\n" + HOST


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


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
def test_ambiguous_head_is_refused_with_a_sentence(data):
    async def test(listener: RecordingListener) -> None:
        answer, closed = await talk(listener, data)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer
        assert answer.count(b"\r\n\r\n") == 1
        assert b"application/problem+json" in answer and b'"detail"' in answer and b"\r\ndate: " in answer
        assert closed

    serve(echo, test)


@pytest.mark.parametrize(
    "framing",
    [
        [(b"content-length", b"3"), (b"content-length", b"3")],
        [(b"content-length", b"3"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"gzip, chunked")],
    ],
)
def test_ambiguous_framing_is_refused_even_if_the_parser_takes_it(framing):
    assert check_head(b"/", [(b"host", b"localhost"), *framing], "1.1", 1000) == (400, TWO_WAYS)


@pytest.mark.parametrize(
    "data",
    [
        POST + b"x: " + b"a" * 400_000 + b"\r\n\r\n",
        POST + b"x: y\r\n" * 40_000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        POST + b"x: " + b"a" * 400_000,
        POST + b"transfer-encoding: chunked\r\n\r\n1;" + b"a" * 400_000,
        POST + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + b"x: y\r\n" * 100_000,
        b"\r\n" * 300_000,
    ],
    ids=["one header", "many headers", "path", "unfinished header", "chunk extension", "trailers", "empty lines"],
)
@pytest.mark.parametrize("runner", [run, lambda main: asyncio.run(main())], ids=["fast loop", "plain loop"])
def test_oversized_or_endless_request_head_is_refused(data, runner):
    async def test(listener: RecordingListener) -> None:
        answer, closed = await talk(listener, data)
        assert closed
        assert answer == b"" or answer.startswith(b"HTTP/1.1 431 "), answer[:100]  # a reset may overtake it
        await until_alone(listener)

    serve(echo, test, runner=runner)


def test_broken_paths_are_read_and_never_a_server_error():
    async def test(listener: RecordingListener) -> None:
        for path in (b"/%zz", b"/%ff%fe", b"/%00", b"//evil/x", b"/a#b", b"/%ed%a0%80", b"/?%ff", b"/..%2f..%2f"):
            answer, _ = await talk(listener, b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"connection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), (path, answer)

    serve(echo, test)
