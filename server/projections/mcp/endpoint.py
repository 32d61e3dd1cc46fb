"""The address /mcp: it lets in whom the guard knows and hands them to the protocol, which is imported for the first of them."""

import asyncio
import importlib
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from server.access.clients.registry import Client
from server.access.guard.authentication import read_keys
from server.http.exception_handlers import respond, to_response
from server.http.in_process import CLIENT
from server.projections.documents import Documents
from server.projections.mcp.dispatcher import ToolDispatcher, current_client
from server.runtime.state import State
from server.sdk.operation import LARGEST_BODY

if TYPE_CHECKING:
    from server.projections.mcp.transport import Transport

METHODS = {"POST", "DELETE"}  # a GET would be a stream without any event
PATH = "/mcp"
STOP_SECONDS = 3.0
ENVELOPE = 64 * 1024  # bytes around the largest operation's arguments


class Endpoint:
    """An ASGI application that stands beside FastAPI's, so it makes its failures problem documents itself."""

    def __init__(self, state: State, documents: Documents) -> None:
        self._state = state
        self._dispatcher = ToolDispatcher(state, documents)
        self._transport: Transport | None = None
        self._opening = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._answer(scope, receive, note_start)
        except Exception as error:
            if started:
                raise
            await to_response(error)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["method"] not in METHODS:
            if read_keys(headers):
                await self._admit(headers)
            refusal = respond(
                405, "MCP is spoken here, with POST. docs/first-mcp-app.md says how.", {}, {"Allow": "POST, DELETE"}
            )
            await refusal(scope, receive, send)
            return
        client = await self._admit(headers)
        transport = self._transport or await self._open()
        await self._dispatcher.update()
        bare = [(name, value.strip(b" \t")) for name, value in scope["headers"]]  # RFC 9110 5.5; the parser leaves some
        scope = {**scope, "headers": bare, CLIENT: client}
        current_client.set(client)
        async with self._state.guard.memory.request():
            await transport.answer(scope, receive, send, client=client.id)

    async def _admit(self, headers: Headers) -> Client:
        """Find the client of a request, and count it. Raises NotAuthenticated and TooManyRequests."""
        client = await self._state.guard.authenticate_request(headers, PATH)
        await self._state.guard.count(client)
        return client

    async def _open(self) -> "Transport":
        async with self._opening:
            if self._transport is None:
                self._transport = await self._make_transport()
                self._state.shutdown_hooks.append(self._close)
            return self._transport

    async def _make_transport(self) -> "Transport":
        await self._state.runtime.wait()
        server, transport = [
            await asyncio.to_thread(importlib.import_module, f"{__package__}.{name}") for name in ("server", "transport")
        ]
        operations = self._state.runtime.operations().values()
        largest = max((operation.largest_body for operation in operations), default=LARGEST_BODY) + ENVELOPE
        made: Transport = transport.Transport(server.make_server(self._dispatcher), transport.SessionLimits(largest_body=largest))
        await made.open()
        return made

    async def _close(self) -> None:
        if self._transport:
            await self._transport.close()
        await self._dispatcher.close(STOP_SECONDS)
