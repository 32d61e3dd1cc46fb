"""WebSockets among the deliveries of an integration."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import APIRouter, WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.access.origins import SECTION, OriginSettings
from server.core.errors import Forbidden, Unavailable
from server.http.addresses import Address
from server.http.server import Listener, bind
from server.public.app import create_public
from server.runtime.state import open_state
from server.sdk.context import Context
from server.sdk.health import Health
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.services import provided
from server.storage.data_dir import open_home

EXTENSION = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


class Echo(Health):
    """A service that gives back what it is sent, and that fails at some words."""

    def answer(self, text: str) -> str:
        if text == "forbidden":
            raise Forbidden("This is not for you. " + "é" * 200)
        if text == "broken":
            raise Unavailable("The echo is broken.")
        return text


router = APIRouter()


@router.websocket("/echo/socket")
async def echo(socket: WebSocket, service: Annotated[Echo, provided(Echo)]) -> None:
    if "early" in socket.query_params:
        raise Forbidden("This is not for you.")
    await socket.accept()
    while True:
        await socket.send_text(service.answer(await socket.receive_text()))


class Serving:
    """A public surface on a port. `loaded` lets the integration start."""

    def __init__(self, port: int, context: Context, loaded: asyncio.Event) -> None:
        self.port, self.context, self.loaded = port, context, loaded

    def connect(self, path: str = "/echo/socket", origin: str | None = None) -> connect:
        headers = {"Origin": origin} if origin else None
        return connect(f"ws://127.0.0.1:{self.port}{path}", additional_headers=headers)

    async def refusal(self, path: str = "/echo/socket", origin: str | None = None) -> tuple[int, str]:
        with pytest.raises(InvalidStatus) as refused:
            await self.connect(path, origin)
        return refused.value.response.status_code, (refused.value.response.body or b"").decode()


@asynccontextmanager
async def serving(tmp_path, *, fails: bool = False) -> AsyncIterator[Serving]:
    loaded = asyncio.Event()

    @asynccontextmanager
    async def start(_: Context) -> AsyncIterator[Echo]:
        await loaded.wait()
        if fails:
            raise Unavailable("The echo could not be found.")
        yield Echo()

    integration = Integration("echo", "Echo", ("/echo",), lambda: IntegrationSpec(start=start, deliveries=(router,)))
    bound = bind()
    port = bound.getsockname()[1]
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address(public_port=port)) as state:
            listener = Listener(create_public(state), bound)
            running = asyncio.create_task(listener.run_until_stopped())
            state.runtime.start(state.context, lambda: [integration])
            yield Serving(port, state.context, loaded)
            listener.stop()
            await running
            await state.runtime.stop()


async def ends_with(socket: ClientConnection, sent: str) -> tuple[int, str]:
    await socket.send(sent)
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def test_socket_waits_for_its_integration_and_has_its_service(tmp_path) -> None:
    async with serving(tmp_path) as served:
        opening = asyncio.ensure_future(served.connect("/echo/socket/").__aenter__())
        await asyncio.wait([opening], timeout=0.1)
        assert not opening.done()
        served.loaded.set()
        socket = await opening
        await socket.send("hello")
        assert await socket.recv() == "hello"
        await socket.close()


async def test_socket_of_a_broken_integration_is_refused_with_the_reason(tmp_path) -> None:
    async with serving(tmp_path, fails=True) as served:
        served.loaded.set()
        status, body = await served.refusal()
        assert (status, "The echo could not be found." in body) == (503, True)


async def test_socket_of_another_origin_is_refused_until_the_origin_is_listed(tmp_path) -> None:
    async with serving(tmp_path) as served:
        served.loaded.set()
        assert (await served.refusal(origin=EXTENSION))[0] == 403
        await served.context.settings.write(SECTION, OriginSettings(allowed=[EXTENSION]))
        async with served.connect(origin=EXTENSION) as socket:
            await socket.send("hello")
            assert await socket.recv() == "hello"
        assert (await served.refusal(origin=EXTENSION[:-1] + "o"))[0] == 403


async def test_failure_refuses_a_handshake_and_closes_an_open_socket_with_its_sentence(tmp_path, caplog) -> None:
    async with serving(tmp_path) as served:
        served.loaded.set()
        status, body = await served.refusal("/echo/socket?early=1")
        assert (status, '"detail": "This is not for you."' in body) == (403, True)
        assert (await served.refusal("/echo/nothing"))[0] == 403
        async with served.connect() as socket:
            code, reason = await ends_with(socket, "forbidden")
            assert (code, reason.startswith("This is not for you. é"), len(reason.encode())) == (1008, True, 123)
        async with served.connect() as socket:
            assert await ends_with(socket, "broken") == (1011, "The echo is broken.")
        async with served.connect():
            pass  # leaving is no failure
        assert not [record for record in caplog.records if record.levelname == "ERROR"]
