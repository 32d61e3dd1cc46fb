import asyncio
import signal
import socket
import threading
from contextlib import asynccontextmanager

import httpx2
import pytest
from starlette.applications import Starlette

from server.http.server import bind
from server.sdk.fake_server import FakeServer, running_in_thread, serving
from tests import loopback


def test_socket_is_bound_on_loopback_and_disables_nagle():
    with bind() as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert bound.proto == socket.IPPROTO_TCP


def test_port_cannot_be_bound_twice():
    with bind() as bound:
        bound.listen()
        with pytest.raises(OSError, match="in use"):
            bind(port=bound.getsockname()[1])


async def test_server_stops_with_its_block():
    async with serving(Starlette()) as origin, loopback.AsyncClient() as http:
        assert (await http.get(origin)).status_code == 404
    with pytest.raises(httpx2.ConnectError):
        async with loopback.AsyncClient() as http:
            await http.get(origin)


async def test_pending_response_is_ended_by_the_end_of_the_block():
    is_called, is_cancelled = asyncio.Event(), asyncio.Event()

    async def answer_never(_scope, _receive, _send):
        is_called.set()
        try:
            await asyncio.Event().wait()
        finally:
            is_cancelled.set()

    async with asyncio.timeout(60), loopback.AsyncClient() as http:
        async with serving(FakeServer(answer_never)) as origin:
            response = asyncio.create_task(http.get(origin))
            await is_called.wait()
        with pytest.raises(httpx2.TransportError):
            await response
    assert is_cancelled.is_set()


async def test_signals_are_left_to_the_program():
    before = signal.getsignal(signal.SIGINT)
    async with serving(Starlette()):
        assert signal.getsignal(signal.SIGINT) is before


def test_context_is_entered_and_left_in_one_other_thread():
    threads = []

    @asynccontextmanager
    async def note_threads():
        threads.append(threading.current_thread())
        yield "value"
        threads.append(threading.current_thread())

    with running_in_thread(note_threads()) as value:
        assert value == "value"
    assert threads[0] is threads[1] is not threading.current_thread()
    assert not threads[0].is_alive()


def test_failure_to_start_is_raised_in_the_calling_thread():
    with (
        running_in_thread(serving(Starlette())) as origin,
        pytest.raises(OSError, match="in use"),
        running_in_thread(serving(Starlette(), int(origin.rpartition(":")[2]))),
    ):
        pass
