"""The address /mcp: it lets in whom the guard knows and hands them to the protocol, which is imported for the first of them."""

import asyncio
import importlib
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from server.access.origins import SECTION, OriginSettings
from server.core.errors import NotAuthenticated, TooManyRequests
from server.http.exception_handlers import respond, to_response
from server.http.in_process import CLIENT
from server.http.middleware import clean_origins
from server.projections.documents import Documents
from server.projections.mcp.dispatcher import Toolbox
from server.runtime.state import State

if TYPE_CHECKING:
    from server.projections.mcp.transport import Transport

METHODS = {"POST", "DELETE"}  # a GET would be a stream on which nothing is ever told
PATH = "/mcp"
STOP_SECONDS = 3.0
ENVELOPE = 64 * 1024  # bytes around the largest operation's arguments


class Endpoint:
    """An ASGI application."""

    def __init__(self, state: State, documents: Documents) -> None:
        self._state = state
        self._toolbox = Toolbox(state, documents)
        self._transport: Transport | None = None
        self._opening = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS:
            refusal = respond(
                405, "MCP is spoken here, with POST. docs/first-mcp-app.md says how.", {}, {"Allow": "POST, DELETE"}
            )
            await refusal(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            client = await self._state.guard.authenticate_request(headers, PATH)
        except NotAuthenticated as error:
            await to_response(error)(scope, receive, send)
            return
        transport = await self._open()
        state = self._state
        listed = clean_origins(state.context.settings.read(SECTION, OriginSettings).allowed)
        hosts = state.address.public_hosts()
        bare = [(name, value.strip(b" \t")) for name, value in scope["headers"]]  # RFC 9110 5.5; the parser leaves some
        known = {**scope, "headers": bare, CLIENT: client}
        try:
            if transport.opens_session(known):
                await state.guard.count(client, changing=False)
            await transport.answer(known, receive, send, client=client.id, hosts=hosts, origins=listed)
        except TooManyRequests as error:
            await to_response(error)(scope, receive, send)

    async def _open(self) -> "Transport":
        async with self._opening:
            if self._transport is None:
                self._transport = await self._make_transport()
                self._state.farewells.append(self._close)
            return self._transport

    async def _make_transport(self) -> "Transport":
        server, transport = [await asyncio.to_thread(importlib.import_module, f"{__package__}.{name}") for name in PARTS]
        plans = await asyncio.to_thread(lambda: self._toolbox.plans)
        largest = max((plan.operation.largest_body for plan in plans.values()), default=0) + ENVELOPE
        made: Transport = transport.Transport(server.make_server(self._toolbox), transport.Room(largest_body=largest))
        await made.open()
        return made

    async def _close(self) -> None:
        if self._transport:
            await self._transport.close()
        await self._toolbox.close(STOP_SECONDS)


PARTS = ("server", "transport")
