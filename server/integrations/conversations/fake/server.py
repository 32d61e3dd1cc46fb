"""The socket of the fake OpenAI, and the faults that a test orders there.

With controls, a test in another process orders a fault with `POST /fake/faults` (the fields of Fault as JSON), takes all back
with `DELETE /fake/faults`, and reads the requests that arrived from `GET /fake/requests`.
"""

import asyncio
import contextlib
import json
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.integrations.conversations.fake.faults import Fault, Faults
from server.integrations.conversations.fake.request_log import Arrived, RequestLog
from server.sdk.fake_server import FakeServer


class Cut(Exception):
    """The answer ends here."""


class FaultyServer(FakeServer):
    """Serves an application, logs its requests and lets ordered faults happen to them."""

    def __init__(self, app: ASGIApp, faults: Faults, log: RequestLog) -> None:
        super().__init__(self.answer)
        self.app, self.faults, self.log = app, faults, log

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and log a request, and answer it: well, or as was ordered."""
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        arrived = self.log.add(scope, body)
        exchange = Exchange(self, scope, body, receive, send, arrived)
        fault = self.faults.take(arrived.method, arrived.path)
        if fault is None:
            await exchange.run(self.app)
        else:
            await exchange.fail(fault, self.app)

    def hang_up(self, client: object) -> None:
        """Close the connection of a client."""
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == client:
                connection.transport.abort()


class Exchange:
    """One request whose body was read, and its answer."""

    def __init__(self, server: FaultyServer, scope: Scope, body: bytes, receive: Receive, send: Send, arrived: Arrived) -> None:
        self._server, self._scope, self._body = server, scope, body
        self._receive, self._send, self._arrived = receive, send, arrived
        self._left: int | None = None  # parts of the answer until the connection is cut

    async def run(self, app: ASGIApp) -> None:
        """Let the application answer."""
        is_read = False

        async def replay() -> Message:
            nonlocal is_read
            if is_read:
                return await self._receive()
            is_read = True
            return {"type": "http.request", "body": self._body, "more_body": False}

        await app(self._scope, replay, self._pass_on)

    async def fail(self, fault: Fault, app: ASGIApp) -> None:
        """Answer as was ordered."""
        await asyncio.sleep(fault.seconds)
        if fault.cut is not None:
            self._left = fault.cut
            with contextlib.suppress(Cut):
                await self.run(app)
            if fault.clean:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await self._hang_up()
            return
        if fault.after:
            await self._run_unheard(app)
        if fault.drop:
            await self._hang_up()
        elif fault.status:
            error = fault.describe()
            await JSONResponse(error.body, error.status, error.headers)(self._scope, self._receive, self._pass_on)
        else:
            await self.run(app)

    async def _run_unheard(self, app: ASGIApp) -> None:
        send, self._send = self._send, swallow
        await self.run(app)
        self._send, self._arrived.status = send, 0

    async def _hang_up(self) -> None:
        self._server.hang_up(self._scope["client"])
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._arrived.status = message["status"]
        elif self._left is not None:
            self._left -= 1
            if self._left < 0:
                await asyncio.sleep(0.05)  # so that what was written before arrives
                raise Cut
        await self._send(message)


async def swallow(_: Message) -> None:
    """Drop a part of an answer."""


def make_control_routes(faults: Faults, log: RequestLog) -> list[Route]:
    """Answer the addresses by which another process orders faults."""

    async def order(request: Request) -> Response:
        faults.order(Fault(**await request.json()))
        return Response(status_code=204)

    async def clear(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    async def list_requests(_: Request) -> Response:
        return Response(json.dumps([asdict(arrived) for arrived in log.arrived]), media_type="application/json")

    return [
        Route("/fake/faults", order, methods=["POST"]),
        Route("/fake/faults", clear, methods=["DELETE"]),
        Route("/fake/requests", list_requests, methods=["GET"]),
    ]
