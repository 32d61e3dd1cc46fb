import asyncio
import logging
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from time import monotonic

import pytest
from fastapi import FastAPI, Request, WebSocket
from fastapi.sse import EventSourceResponse
from websockets.asyncio.client import connect

from server.http.server import Limits, Listener, WithoutQuery, bind, install_log_filter, run
from tests.conftest import need
from tests.server.listening import HOST, RecordingListener, call, listening, serve, talk, until

CLOSE = b"connection: close\r\n\r\n"


class App(FastAPI):
    """An application with streams. `goodbye` lets the polite one end; `ended` counts those that did, in whatever way."""

    def __init__(self) -> None:
        super().__init__()
        self.goodbye = asyncio.Event()
        self.ended = 0
        self.get("/polite", response_class=EventSourceResponse)(self.follow)
        self.get("/stubborn")(self.hold)
        self.get("/caller")(self.tell_caller)
        self.websocket("/ws")(self.greet)

    async def follow(self) -> AsyncIterator[dict[str, int]]:
        yield {"hello": 1}
        await self.goodbye.wait()
        self.ended += 1
        yield {"bye": 1}

    async def hold(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            self.ended += 1

    async def tell_caller(self, request: Request) -> str:
        return str(request.client) + request.url.scheme

    async def greet(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.receive()


@pytest.fixture
def app() -> App:
    return App()


def stop_while(app: App, before: Callable[[RecordingListener], Awaitable[None]], limits: Limits) -> float:
    """Stop a listener after something was done with it; how long that took."""

    async def main() -> float:
        async with listening(app, limits) as listener:
            await before(listener)
            app.goodbye.set()
            started = monotonic()
        await asyncio.sleep(0)
        return monotonic() - started

    return run(main)


def test_port_is_reserved_from_its_binding():
    with bind() as first:
        port = first.getsockname()[1]
        with pytest.raises(OSError, match=r"in use|access"):
            bind(port=port)
        with socket.create_connection(("127.0.0.1", port), timeout=2):  # who calls early waits
            pass
    bind(port=port).close()


@pytest.mark.parametrize("port", [-1, 65536, 70000])
def test_port_out_of_range_cannot_be_bound(port):
    with pytest.raises(OSError, match="There is no port"):
        bind(port=port)


def test_foreign_address_cannot_be_bound():
    with pytest.raises(OSError, match=r"assign|valid"):
        bind("192.0.2.1")


def test_ipv6_address_is_bound():
    need(socket.has_ipv6 and Path("/proc/net/if_inet6").exists(), "IPv6", "switch it on in the kernel")
    with bind("::1") as bound:
        assert bound.family == socket.AF_INET6


def test_uvloop_is_used_if_available():
    async def name_loop() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert run(name_loop).startswith("asyncio" if sys.platform == "win32" else "uvloop")


def test_responses_have_a_date_and_no_server_header(app):
    async def test(listener: RecordingListener) -> None:
        answer, _ = await talk(listener, b"GET /caller HTTP/1.1\r\n" + HOST + CLOSE)
        assert b"\r\ndate: " in answer and b" GMT\r\n" in answer and b"server" not in answer.lower()

    serve(app, test)


def test_forwarded_headers_cannot_spoof_the_client(app):
    async def test(listener: RecordingListener) -> None:
        forged = b"x-forwarded-for: 1.2.3.4\r\nx-forwarded-proto: https\r\nforwarded: for=1.2.3.4\r\n"
        answer, _ = await talk(listener, b"GET /caller HTTP/1.1\r\n" + HOST + forged + CLOSE)
        assert b"127.0.0.1" in answer and b"1.2.3.4" not in answer and b"https" not in answer

    serve(app, test)


def test_stream_that_ends_at_shutdown_is_sent_completely(app):
    heard = []

    async def open_stream(listener: RecordingListener) -> None:
        caller = await call(listener, b"GET /polite HTTP/1.1\r\n" + HOST + b"\r\n")
        await caller.reader.readuntil(b"hello")
        heard.append(asyncio.create_task(caller.read_to_end()))

    assert stop_while(app, open_stream, Limits(stop_seconds=60)) < 30
    answer, closed = heard[0].result()
    assert b"bye" in answer and answer.endswith(b"0\r\n\r\n") and closed


def test_call_that_does_not_end_is_cancelled_and_awaited(app):
    async def make_call(listener: RecordingListener) -> None:
        await call(listener, b"GET /stubborn HTTP/1.1\r\n" + HOST + b"\r\n")
        await until(lambda: bool(listener.server_state.tasks))

    assert 0.3 <= stop_while(app, make_call, Limits(stop_seconds=0.3)) < 30
    assert app.ended == 1


def test_client_that_never_reads_does_not_block_shutdown(app):
    calls = []

    @app.get("/large")
    async def large() -> bytes:
        return b"x" * 30_000_000

    async def make_call(listener: RecordingListener) -> None:
        calls.append(await call(listener, b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n"))
        calls[0].writer.transport.pause_reading()
        await until(lambda: listener.server_state.total_requests == 1)
        calls.append(listener)

    assert stop_while(app, make_call, Limits(stop_seconds=0.3)) < 30
    assert calls[1].left == 0


def test_websocket_is_closed_at_shutdown(app):
    sockets = []

    async def open_socket(listener: RecordingListener) -> None:
        sockets.append(await connect(f"ws://127.0.0.1:{listener.port}/ws"))
        assert await sockets[0].recv() == "hello"

    assert stop_while(app, open_socket, Limits(stop_seconds=60)) < 30
    assert sockets[0].protocol.close_rcvd.code == 1012


def test_server_may_be_stopped_before_its_start_and_repeatedly(app):
    async def main() -> None:
        listener = Listener(app, bind())
        listener.stop()
        listener.stop()
        async with asyncio.timeout(30):
            await listener.run_until_stopped()
        assert listener.bound.fileno() == -1

    run(main)


def test_server_sleeps_between_requests(app):
    need(Path("/proc/self/task").is_dir(), "Linux", "run the tests there")
    known = []

    def count_switches() -> int:
        status = Path(f"/proc/self/task/{known[0]}/status").read_text()
        return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])

    async def main() -> None:
        known.extend([threading.get_native_id(), asyncio.get_running_loop(), stopping := asyncio.Event()])
        async with listening(app), listening(app) as listener:
            await talk(listener, b"GET /caller HTTP/1.1\r\n" + HOST + CLOSE)
            ready.set()
            await stopping.wait()

    ready = threading.Event()
    thread = threading.Thread(target=lambda: run(main))
    thread.start()
    try:
        assert ready.wait(60)
        threading.Event().wait(0.5)  # the loop's last turns after the call
        before = count_switches()
        threading.Event().wait(2)
        assert count_switches() - before <= 1  # uvicorn's own loops wake 40 times
    finally:
        known[1].call_soon_threadsafe(known[2].set)
        thread.join(60)


def test_query_strings_and_headers_are_not_logged(app, caplog):
    async def test(listener: RecordingListener) -> None:
        url = f"ws://127.0.0.1:{listener.port}/ws?key=SECRET"
        async with connect(url, additional_headers={"X-API-Key": "SECRET"}) as client:
            await client.recv()
        await talk(listener, b"GET /none?key=SECRET HTTP/1.1\r\n" + HOST + CLOSE)

    with (
        caplog.at_level(logging.DEBUG),
        caplog.at_level(logging.DEBUG, "uvicorn.error"),
        caplog.at_level(logging.DEBUG, "uvicorn"),
    ):
        logging.getLogger("websockets.client").setLevel(logging.WARNING)
        serve(app, test)
    assert '"WebSocket /ws" [accepted]' in caplog.text
    assert "SECRET" not in caplog.text


def test_strangers_cannot_fill_the_log(app, caplog):
    async def test(listener: RecordingListener) -> None:
        await talk(listener, b"\0\r\n\r\n")
        await talk(listener, b"GET /caller HTTP/1.1\r\n" + HOST + b"upgrade: x\r\nconnection: upgrade, close\r\n\r\n", 0.3)

    with caplog.at_level(logging.INFO):
        serve(app, test)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_log_filter_is_installed_once():
    for _ in range(2):
        install_log_filter()
    filters = logging.getLogger("uvicorn.error").filters
    assert len([log_filter for log_filter in filters if isinstance(log_filter, WithoutQuery)]) == 1
