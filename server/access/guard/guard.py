"""The way of every call: who is it, may they, how often, the same again?, allowed?, what will it do, what happened."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request, Response
from starlette.datastructures import Headers

from server.access.activity.log import Activity
from server.access.approvals.service import Approvals
from server.access.clients.registry import Client, Clients
from server.access.clients.store import KEY_ENDED
from server.access.clients.usage import Usage
from server.access.guard.call import Call
from server.access.guard.rate_limits import Limits, Quota
from server.access.oauth.metadata import challenge
from server.access.pause import Pause
from server.core.clock import Clock
from server.core.errors import NotAuthenticated, NotFound, TooManyRequests
from server.http.addresses import Address
from server.http.exception_handlers import respond, to_response
from server.http.in_process import APPROVAL, CLIENT, OPERATION
from server.sdk.operation import Operation, current_call

GIVEN_UP = 499  # as nginx has it
Handle = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Guard:
    """Stands before every operation; the routes call `handle`."""

    clients: Clients
    usage: Usage
    activity: Activity
    approvals: Approvals
    limits: Limits
    pause: Pause
    clock: Clock
    address: Address

    async def handle(self, request: Request, operation: Operation, asked: frozenset[str], handle: Handle) -> Response:
        """Take one request along the whole way. A stranger's request ends here, before its body is read."""
        if request.scope.get(OPERATION, operation.name) != operation.name:  # an argument led the path elsewhere (CVE-2026-32871)
            return to_response(NotFound())
        client = request.scope.get(CLIENT) or await self.let_in(request.headers, scope=operation.scope)
        call = Call(self, client, operation, request, asked)
        quota: Quota | None = None
        try:
            if APPROVAL not in request.scope:  # which was counted when it was asked
                quota = await self.limits.take(client, changing=operation.changes)
            if quota and not quota.passed:
                raise too_many(client, quota)
            call.check_scope()
            response = await self._answer(call, request, operation, handle)
        except Exception as error:  # noqa: BLE001, the edge at which every failure becomes an answer
            response = to_response(error)
        if quota is None or quota.passed or quota.first_refusal:
            response = await call.close(response)
        if self.clients.look_again(client) is None:
            ended = NotAuthenticated(f"{KEY_ENDED} What this call did stands in Deskhand's activity.")
            ended.challenge = challenge(self.address.public, "", operation.scope, wrong=True)
            response = to_response(ended)
        if quota:
            response.headers.update(quota.headers)
        return response

    async def _answer(self, call: Call, request: Request, operation: Operation, handle: Handle) -> Response:
        """Have the request handled. A reading that its caller gave up is noted too."""
        token = current_call.set(call)
        try:
            return await handle(request)
        except asyncio.CancelledError:
            if not operation.changes:
                await call.close(respond(GIVEN_UP, "The caller went away."))
            raise
        finally:
            current_call.reset(token)

    async def count(self, client: Client, *, changing: bool) -> None:
        """Count what is no operation, but costs as much as one. Raises TooManyRequests."""
        quota = await self.limits.take(client, changing=changing)
        if quota and not quota.passed:
            raise too_many(client, quota)

    async def let_in(self, headers: Headers, resource: str = "", scope: str = "") -> Client:
        """Find the client of a request, and note that it called. Raises NotAuthenticated, which says where one gets a token.

        `resource`: "/mcp" for the tools, whose tokens open nothing else. `scope`: what is needed, where that is one.
        """
        try:
            client = self.authenticate(headers, resource)
        except NotAuthenticated as error:
            error.challenge = challenge(self.address.public, resource, scope, wrong=bool(read_keys(headers)))
            raise
        await self.usage.note(client.id, headers.get("host", ""), client.grant)
        return client

    def authenticate(self, headers: Headers, resource: str = "") -> Client:
        """Find the client by its key or its token, whichever way it is carried. Raises NotAuthenticated."""
        keys = read_keys(headers)
        if not keys:
            raise NotAuthenticated
        if len(keys) > 1:
            raise NotAuthenticated("This request carries two different keys. Send one.")
        client = self.clients.find(keys.pop(), resource)
        if client is None:
            raise NotAuthenticated(
                "This key is not known here, or it has been ended. Make one in Deskhand's window, under Access, or sign in again."
            )
        return client


def too_many(client: Client, quota: Quota) -> TooManyRequests:
    """What a client is told that calls too often."""
    sentence = f"The client {client.name!r} has made its {quota.limit} calls. Go on in {quota.reset} seconds."
    return TooManyRequests(sentence, retry_after=quota.reset)


def read_keys(headers: Headers) -> set[str]:
    """Collect the keys that a request carries: `X-API-Key`, `Authorization: Bearer` or `Authorization: ApiKey`."""
    keys = set(headers.getlist("x-api-key"))
    for value in headers.getlist("authorization"):
        kind, _, key = value.strip().partition(" ")
        if kind.lower() in {"bearer", "apikey"}:
            keys.add(key.strip())
    return keys - {""}
