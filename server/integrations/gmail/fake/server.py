"""The socket of the fake Google, and the faults that a test orders there.

With controls, a test in another process orders a fault with `POST /fake/faults` (the fields of Fault as JSON), takes all back
with `DELETE /fake/faults`, and reads the requests that arrived from `GET /fake/calls`.
"""

import asyncio
from collections.abc import MutableSequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.integrations.gmail.fake.google import Called, Fault, Faults
from server.sdk.fake_server import FakeServer


class FaultyServer(FakeServer):
    """Serves an application, and lets ordered faults happen to its requests."""

    def __init__(self, app: ASGIApp, faults: Faults, calls: MutableSequence[Called]) -> None:
        super().__init__(self.answer)
        self.app, self.faults, self.calls = app, faults, calls

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: well, or as was ordered."""

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.calls.append(Called(scope["method"], scope["path"], message["status"]))
            await send(message)

        fault = self.faults.take(scope["method"], scope["path"])
        await self._go_wrong(fault, scope, receive, note) if fault else await self.app(scope, receive, note)

    async def _go_wrong(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(fault.seconds)
        if fault.after:
            await self.app(scope, receive, lambda _: asyncio.sleep(0))
        elif fault.drop:
            while (await receive()).get("more_body"):
                pass  # what is left unread makes the system reset the connection instead
        if fault.drop:
            await self._hang_up(scope, receive)
        elif fault.status:
            error = fault.describe()
            await JSONResponse(error.describe(), error.status, error.headers)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _hang_up(self, scope: Scope, receive: Receive) -> None:
        self.calls.append(Called(scope["method"], scope["path"], 0))
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == scope["client"]:
                connection.transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def control_routes(faults: Faults, calls: MutableSequence[Called]) -> list[Route]:
    """Answer the addresses by which another process orders faults."""

    async def order(request: Request) -> Response:
        fields: dict[str, Any] = await request.json()
        faults.order(Fault(**fields))
        return Response(status_code=204)

    async def clear(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    async def list_calls(_: Request) -> Response:
        return JSONResponse([asdict(call) for call in calls])

    return [
        Route("/fake/faults", order, methods=["POST"]),
        Route("/fake/faults", clear, methods=["DELETE"]),
        Route("/fake/calls", list_calls, methods=["GET"]),
    ]
