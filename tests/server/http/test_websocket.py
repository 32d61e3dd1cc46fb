import asyncio
import base64
import contextlib
import os
import socket

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.http import websocket
from server.http.server import Limits
from tests.server.listening import Caller, RecordingListener, call, serve, until, until_alone, until_writing_waits


async def count_letters(socket: WebSocket) -> None:
    await socket.accept()
    async for message in socket.iter_text():
        await socket.send_text(str(len(message)))


async def send_without_end(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.send_text("x" * 100_000)


async def send_much(socket: WebSocket) -> None:
    await socket.accept()
    for _ in range(100):
        await socket.send_text("x" * 100_000)
    await socket.receive()


APP = Starlette(
    routes=[
        WebSocketRoute("/much", send_much),
        WebSocketRoute("/count", count_letters),
        WebSocketRoute("/flood", send_without_end),
    ]
)


def address(listener: RecordingListener, path: str) -> str:
    return f"ws://127.0.0.1:{listener.port}{path}"


async def shake_hands(listener: RecordingListener, path: str, *headers: str) -> Caller:
    usual = ("Host: localhost", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    key = f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"
    return await call(listener, "\r\n".join([f"GET {path} HTTP/1.1", *usual, key, *headers, "", ""]).encode())


def test_message_that_is_too_large_closes_the_socket():
    async def test(listener: RecordingListener) -> None:
        async with connect(address(listener, "/count"), max_size=None) as socket:
            await socket.send("x" * 1_000_000)
            assert await socket.recv() == "1000000"
            await socket.send("x" * 1_100_000)
            with pytest.raises(ConnectionClosed, match="1009"):
                await socket.recv()

    serve(APP, test)


def test_message_in_too_many_fragments_closes_the_socket():
    async def test(listener: RecordingListener) -> None:
        async with connect(address(listener, "/count")) as socket:
            with contextlib.suppress(ConnectionClosed):
                await socket.send("x" * 100_000 for _ in range(11))
            with pytest.raises(ConnectionClosed, match="1009"):
                await socket.recv()

    serve(APP, test)


def frame(head: int, payload: bytes) -> bytes:
    """A frame as a client sends it, masked with zeros. `head`: its first byte."""
    return bytes([head, 0x80 | len(payload), 0, 0, 0, 0]) + payload


async def send_for_ever(caller: Caller, data: bytes) -> None:
    while not caller.writer.transport.is_closing():
        await caller.send(data)


@pytest.mark.parametrize("payload", [b"", b"x"], ids=["empty", "one byte"])
def test_message_in_fragments_without_end_is_cut_off(payload):
    async def test(listener: RecordingListener) -> None:
        caller = await shake_hands(listener, "/count")
        await caller.reader.readuntil(b"\r\n\r\n")
        await caller.send(frame(0x01, b"") + frame(0x00, payload) * 5_000)
        await until_alone(listener)

    serve(APP, test)


def test_peer_that_sends_pings_and_reads_no_pong_is_disconnected(monkeypatch):
    monkeypatch.setattr(websocket, "MOST_UNREAD", 70_000)

    async def test(listener: RecordingListener) -> None:
        listener.bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        caller = await shake_hands(listener, "/count")
        await caller.reader.readuntil(b"\r\n\r\n")
        caller.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        caller.writer.transport.pause_reading()
        sending = asyncio.create_task(send_for_ever(caller, frame(0x89, b"x" * 125) * 100))
        await until_alone(listener)
        sending.cancel()

    serve(APP, test)


@pytest.mark.parametrize("header", ["X: " + "a" * 20_000, "X: y\r\n" * 200 + "X: y"], ids=["one header", "many headers"])
def test_handshake_that_is_too_large_is_refused(header):
    async def test(listener: RecordingListener) -> None:
        caller = await shake_hands(listener, "/count", header)
        answer, closed = await caller.read_to_end()
        assert answer.startswith(b"HTTP/1.1 400") and closed

    serve(APP, test)


def test_client_that_never_reads_is_disconnected():
    async def test(listener: RecordingListener) -> None:
        caller = await shake_hands(listener, "/flood")
        await caller.reader.readuntil(b"\r\n\r\n")
        caller.writer.transport.pause_reading()
        await until_alone(listener)

    serve(APP, test, Limits(write_seconds=0.3))


def test_client_that_reads_after_a_while_stays_connected():
    async def test(listener: RecordingListener) -> None:
        async with connect(address(listener, "/much")) as socket:
            socket.transport.pause_reading()
            await until_writing_waits(listener)
            socket.transport.resume_reading()
            assert sum([len(await socket.recv()) for _ in range(100)]) == 10_000_000
            other = await shake_hands(listener, "/flood")
            other.writer.transport.pause_reading()
            await until_writing_waits(listener)
            await until(lambda: len(listener.server_state.connections) == 1)  # the other one's time is over
            await (await socket.ping())

    serve(APP, test, Limits(write_seconds=1))


def test_client_that_answers_no_ping_is_disconnected_whatever_waits_to_be_sent():
    async def test(listener: RecordingListener) -> None:
        for path in ("/count", "/flood"):
            caller = await shake_hands(listener, path)
            await caller.reader.readuntil(b"\r\n\r\n")
            caller.writer.transport.pause_reading()
            await until_alone(listener)

    serve(APP, test, Limits(ping_seconds=0.2))
