import asyncio
import contextlib
import socket
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from server.http.server import Limits
from tests.server.listening import HOST, Caller, RecordingListener, call, talk, until, until_alone, until_writing_waits

POST = b"POST /echo HTTP/1.1\r\n" + HOST
GET = b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n"
SHORT = Limits(head_seconds=0.3, body_seconds=0.3, linger_seconds=0.2, write_seconds=0.3, idle_seconds=0.3)
PATIENT = Limits(head_seconds=600, body_seconds=600, linger_seconds=600, write_seconds=600, idle_seconds=600)  # as good as none


def narrow(listener: RecordingListener) -> None:
    """Shrink the send buffer of the system."""
    listener.bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


async def call_narrowly(listener: RecordingListener) -> Caller:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", listener.port))
    line.setblocking(False)
    caller = Caller(*await asyncio.open_connection(sock=line, limit=1024))
    listener.callers.append(caller)
    return caller


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"POST /ec",
        POST + b"x: y",
        POST + b"content-length: 5\r\n\r\nab",
        b"\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\n2",
    ],
    ids=["silent", "half a line", "half a head", "half a body", "empty line", "half a chunk"],
)
def test_slow_request_head_is_disconnected(beside, data):
    async def test(listener: RecordingListener) -> None:
        assert await talk(listener, data) == (b"", True)

    beside(test, SHORT)


DRIPPING = {
    "empty lines": (b"\r\n", b"\r\n"),
    "head": (POST, b"x"),
    "body": (POST + b"content-length: 99\r\n\r\n", b"x"),
    "second head": (b"GET /a HTTP/1.1\r\n" + HOST + b"\r\nGET /", b"x"),
}


async def outlast_head(listener: RecordingListener) -> None:
    """Wait until the time for a head is over, as it is for a caller who begins now and sends no more."""
    assert await (await call(listener, b"GET /")).read_to_end() == (b"", True)


@pytest.mark.parametrize(("start", "drop"), DRIPPING.values(), ids=DRIPPING)
def test_slow_request_body_is_disconnected(beside, start, drop):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, start)
        reading = asyncio.create_task(caller.read_to_end())
        while not reading.done():
            await caller.send(drop)
            await asyncio.sleep(0.02)
        answer, closed = reading.result()
        assert closed and (b"200" in answer) == start.startswith(b"GET")

    beside(test, SHORT)


def test_idle_connection_is_closed_even_if_it_sends_empty_lines(beside):
    async def test(listener: RecordingListener) -> None:
        for rest in (b"", b"\r\n"):
            caller = await call(listener, POST + b"content-length: 2\r\n\r\nab")
            assert (await caller.read_answer()).endswith(b"2")
            await caller.send(rest)
            assert await caller.read_to_end() == (b"", True)

    beside(test, SHORT)


def test_empty_line_after_a_request_does_not_truncate_its_response(beside, seen):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, GET)
        await until(lambda: seen.calls == ["slow"])
        await caller.send(b"\r\n")
        await outlast_head(listener)
        seen.go_on.set()
        assert (await caller.read_answer()).endswith(b'"slow"')

    beside(test, SHORT)


def test_two_hundred_incomplete_requests_are_closed_while_a_call_works(beside):
    async def test(listener: RecordingListener) -> None:
        slow = [await call(listener, b"GET / HTT") for _ in range(200)]
        answer, _ = await talk(listener, POST + b"connection: close\r\ncontent-length: 3\r\n\r\nabc")
        assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"3")
        ends = await asyncio.gather(*(caller.read_to_end() for caller in slow))
        assert {closed for _, closed in ends} == {True}
        assert len(listener.server_state.connections) == 0

    beside(test, SHORT)


def test_time_limit_of_a_large_body_grows_with_its_size(beside):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, POST + b"content-length: 50000\r\n\r\n")
        await caller.send(b"x" * 25_000)
        waiting = await call(listener, POST + b"content-length: 1\r\n\r\n")
        assert await waiting.read_to_end() == (b"", True), "its time for the body is over"
        await caller.send(b"x" * 25_000)
        assert (await caller.read_answer()).endswith(b"50000")

    beside(test, Limits(body_seconds=0.2, slow_body=5_000))


def test_body_with_a_too_large_content_length_is_refused_before_it_is_sent(beside):
    async def test(listener: RecordingListener) -> None:
        answer, closed = await talk(listener, POST + b"content-length: 1000000000000\r\n\r\n" + b"x" * 1000)
        assert answer.startswith(b"HTTP/1.1 413") and closed

    beside(test, SHORT)


def test_endless_body_is_cut_off_after_its_refusal(beside):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, POST + b"transfer-encoding: chunked\r\n\r\n")
        reading = asyncio.create_task(caller.read_to_end(60))
        async with asyncio.timeout(60):
            while not reading.done():
                await caller.send(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
                await asyncio.sleep(0.001)
        answer, closed = reading.result()
        assert answer.startswith(b"HTTP/1.1 413") and closed

    beside(test, replace(PATIENT, linger_seconds=0.2, linger_bytes=1 << 40))


LARGE = b"x" * 20_000_000
REFUSED = {
    "by its length": ({"Content-Length": str(len(LARGE))}, 413),
    "while it is read": ({"Transfer-Encoding": "chunked"}, 413),
    "for its headers": ({"Content-Length": str(len(LARGE)), "Transfer-Encoding": "chunked"}, 400),
}


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
@pytest.mark.parametrize(("headers", "status"), REFUSED.values(), ids=REFUSED)
def test_client_that_sends_a_refused_body_to_its_end_reads_the_refusal(beside, headers, status, connection):
    def post(port: int) -> tuple[int, bytes]:
        client = HTTPConnection("127.0.0.1", port, timeout=20)
        with contextlib.closing(client):
            client.request(
                "POST", "/echo", LARGE, {"Connection": connection, **headers}, encode_chunked="Transfer-Encoding" in headers
            )
            answer = client.getresponse()
            return answer.status, answer.read()

    async def test(listener: RecordingListener) -> None:
        status_seen, body = await asyncio.to_thread(post, listener.port)
        assert status_seen == status and body
        await until_alone(listener)

    beside(test)


@pytest.mark.parametrize(
    "limits",
    [replace(PATIENT, linger_seconds=0.2, linger_bytes=1 << 40), replace(PATIENT, linger_bytes=1_000_000)],
    ids=["time", "bytes"],
)
@pytest.mark.parametrize("connection", [b"close", b"keep-alive"])
def test_refused_body_without_an_end_is_read_for_a_while_only(beside, connection, limits):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, POST + b"connection: " + connection + b"\r\ncontent-length: 1000000000000\r\n\r\n")
        async with asyncio.timeout(60):
            while listener.server_state.connections:
                await caller.send(b"x" * 0x8000)
                await asyncio.sleep(0.001)

    beside(test, limits)


def test_trailers_are_not_added_to_the_headers(beside):
    async def test(listener: RecordingListener) -> None:
        chunks = b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nhost: evil\r\nx-api-key: x\r\n\r\n"
        caller = await call(listener, b"POST /trailers HTTP/1.1\r\n" + HOST + chunks)
        answer = await caller.read_answer()
        assert answer.startswith(b"HTTP/1.1 200") and b"evil" not in answer and b"x-api-key" not in answer

    beside(test)


def test_connection_is_kept_alive_for_further_requests(beside):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener)
        for length in (1, 2, 3):
            await caller.send(POST + b"content-length: %d\r\n\r\n" % length + b"x" * length)
            assert (await caller.read_answer()).endswith(b"%d" % length)
            assert len(listener.server_state.connections) == 1

    beside(test)


def test_pipelined_requests_are_answered_in_order(beside):
    async def test(listener: RecordingListener) -> None:
        sizes = [1, 22, 333]
        requests = [POST + b"content-length: %d\r\n\r\n" % size + b"x" * size for size in sizes]
        caller = await call(listener, b"".join(requests))
        assert [(await caller.read_answer()).rpartition(b"\n")[2] for _ in sizes] == [b"1", b"22", b"333"]

    beside(test)


def test_pipelined_request_behind_a_slow_one_is_not_disconnected(beside, seen):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, GET + POST + b"content-length: 2\r\n\r\nab" + b"GET /th")
        await until(lambda: seen.calls == ["slow"])
        await outlast_head(listener)
        seen.go_on.set()
        assert (await caller.read_answer()).endswith(b'"slow"')
        assert (await caller.read_answer()).endswith(b"2")
        await caller.send(b"ird HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await caller.read_answer()).endswith(b'"third"')

    beside(test, SHORT)


def test_malformed_second_request_does_not_corrupt_the_first_response(beside, seen):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, GET)
        await until(lambda: seen.calls == ["slow"])
        await caller.send(b"\0\0\0\r\n\r\n")
        answer, closed = await caller.read_to_end()
        assert answer == b"" and closed

    beside(test)


def test_websocket_upgrade_waits_for_a_pending_response(beside, seen):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, GET)
        await until(lambda: seen.calls == ["slow"])
        await caller.send(b"GET /ws HTTP/1.1\r\n" + HOST + b"connection: upgrade\r\nupgrade: websocket\r\n\r\n")
        assert await caller.read_to_end() == (b"", True)

    beside(test)


UNREAD = {
    "much": b"GET /large HTTP/1.1\r\n",
    "stream": b"GET /stream HTTP/1.1\r\n",
    "little": b"GET /page HTTP/1.1\r\n",
    "last": b"GET /page HTTP/1.1\r\nconnection: close\r\n",
}


@pytest.mark.parametrize("request_line", UNREAD.values(), ids=UNREAD)
def test_client_that_never_reads_is_disconnected(beside, request_line):
    async def test(listener: RecordingListener) -> None:
        narrow(listener)
        caller = await call_narrowly(listener)
        await caller.send(request_line + HOST + b"\r\n")
        caller.writer.transport.pause_reading()
        await until(lambda: listener.server_state.total_requests == 1 or b"stream" in request_line)
        await until_alone(listener)

    beside(test, SHORT)


def test_client_that_stops_reading_near_the_end_is_disconnected(beside):
    async def test(listener: RecordingListener) -> None:
        narrow(listener)
        request = b"GET /page?size=200000 HTTP/1.1\r\nconnection: close\r\n" + HOST + b"\r\n"
        callers = [await call_narrowly(listener) for _ in range(8)]
        for rest, caller in enumerate(callers, 1):
            await caller.send(request)
            await caller.reader.readexactly(200_000 - 5_000 * rest)
            caller.writer.transport.pause_reading()
        await until_alone(listener)

    beside(test, SHORT)


def test_client_that_reads_after_a_while_is_not_disconnected(beside):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n")
        caller.writer.transport.pause_reading()
        await until_writing_waits(listener)
        caller.writer.transport.resume_reading()
        assert len(await caller.read_answer()) > 30_000_000
        other = await call(listener, b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n")
        other.writer.transport.pause_reading()
        await until_writing_waits(listener)
        await until(
            lambda: len(listener.server_state.connections) == 1
        )  # the other one's time is over, and so would be the first's
        await caller.send(POST + b"\r\n")
        assert (await caller.read_answer()).endswith(b"0")

    beside(test, Limits(write_seconds=1))


def test_disconnect_is_signalled_even_behind_a_second_request(beside, seen):
    async def test(listener: RecordingListener) -> None:
        for rest in (b"", GET):
            seen.calls.clear()
            caller = await call(listener, b"GET /events HTTP/1.1\r\n" + HOST + b"\r\n")
            await caller.reader.readuntil(b"hello")
            await caller.send(rest)
            await until(
                lambda rest=rest: not rest or any(connection.pipeline for connection in listener.server_state.connections)
            )
            caller.hang_up()
            await until(lambda: "left" in seen.calls)

    beside(test)


def test_connection_above_the_limit_is_refused(beside):
    async def test(listener: RecordingListener) -> None:
        first = [await call(listener) for _ in range(3)]
        await until(lambda: len(listener.server_state.connections) == 3)
        answer, closed = await talk(listener, b"")
        assert answer.startswith(b"HTTP/1.1 503") and b"application/problem+json" in answer and closed
        first[0].hang_up()
        await until(lambda: len(listener.server_state.connections) == 2)
        answer, _ = await talk(listener, POST + b"connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")

    beside(test, Limits(connections=3))
