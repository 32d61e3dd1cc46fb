"""The guard: authentication, rate limit, scope, validation, duplicates, policy, approval, execution and record of every call."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import Request, Response
from starlette.datastructures import Headers

from server.access.clients.callers import read_token
from server.access.clients.client import Client
from server.access.clients.store import KEY_ENDED
from server.access.guard.authentication import Authenticator
from server.access.guard.call import Call, GuardServices
from server.access.guard.rate_limits import Quota, too_many_requests
from server.access.guard.response_text import clean_response
from server.access.guard.streams import Streams
from server.access.oauth.metadata import challenge
from server.core.errors import NotAuthenticated, NotFound
from server.http.exception_handlers import respond, to_response
from server.http.in_process import APPROVAL, CALLER_TOKEN, CLIENT, COUNTED, OPERATION
from server.sdk.operation import Operation, current_call
from server.sdk.streaming import EventStream, complete

CLIENT_CLOSED_REQUEST = 499  # nginx's status for a caller that went away
Handle = Callable[[Request], Awaitable[Response]]


class Guard:
    """Stands before every operation; the routes call `handle`."""

    def __init__(self, services: GuardServices) -> None:
        self._services = services
        self._authenticator = Authenticator(services.clients, services.usage, services.address)
        self.memory = services.memory
        self.streams = Streams(services)

    async def handle(self, request: Request, operation: Operation, parameters: frozenset[str], handle: Handle) -> Response:
        """Take one request along the whole way. An unauthenticated request ends here, before its body is read."""
        if request.scope.get(OPERATION, operation.name) != operation.name:  # an argument led the path elsewhere (CVE-2026-32871)
            return to_response(NotFound())
        services = self._services
        client = await self._find_client(request, operation)
        call = Call(services, client, operation, request, parameters)
        quota: Quota | None = None
        try:
            if APPROVAL not in request.scope:  # which was counted when it was asked
                counted = COUNTED in request.scope
                quota = await services.limits.take(client, changing=operation.changes, counted=counted, operation=operation)
            if quota and not quota.passed:
                raise too_many_requests(client, quota)
            call.check_scope()
            call.check_unread()
            response = await self._run(call, request, operation, handle)
        except Exception as error:  # noqa: BLE001, the edge at which every failure becomes an answer
            response = to_response(error)
        if isinstance(response, EventStream):
            return add_quota(self.streams.start(call, response, operation.errors), quota)
        response = clean_response(response)
        if not call.detached and (quota is None or quota.passed or quota.first_refusal):
            response = await call.close(response)
        if services.clients.refresh(client) is None:
            ended = NotAuthenticated(f"{KEY_ENDED} What this call did stands in Deskhand's activity.")
            ended.challenge = challenge(services.address.public, "", operation.scope, wrong=True)
            response = to_response(ended)
        return add_quota(response, quota)

    async def _find_client(self, request: Request, operation: Operation) -> Client:
        """Find the client of a call: in its scope, by a token of the caller's own where that is let in, or by its key."""
        callers, scope = self._services.callers, request.scope
        if token := scope.get(CALLER_TOKEN):
            return callers.require(operation.scope, token)
        if client := scope.get(CLIENT):
            return client  # type: ignore[no-any-return]
        token = read_token(request.headers) if operation.scope or operation.for_callers else ""
        if token and (client := callers.find(operation.scope, token)):
            scope[CALLER_TOKEN] = token
            await self._services.usage.record(client.id, request.headers.get("host", ""))
            return client
        return await self.authenticate_request(request.headers, scope=operation.scope)

    async def _run(self, call: Call, request: Request, operation: Operation, handle: Handle) -> Response:
        """Run a call. One that takes long becomes a job, unless its approval is polled, or a caller without a key cannot poll."""
        if not operation.long:
            return await run_in_context(call, request, operation, handle)
        work = partial(run_in_context, call, request, operation, handle)
        return await self._services.jobs.run(call, work, waits=APPROVAL in request.scope or bool(call.caller_token))

    async def count(self, client: Client) -> None:
        """Count a request that may contain calls; those that only read are not counted again. Raises TooManyRequests."""
        quota = await self._services.limits.take(client, changing=False)
        if quota and not quota.passed:
            raise too_many_requests(client, quota)

    async def authenticate_request(self, headers: Headers, resource: str = "", scope: str = "") -> Client:
        """Find the client of a request, as Authenticator does."""
        return await self._authenticator.authenticate_request(headers, resource, scope)


async def run_in_context(call: Call, request: Request, operation: Operation, handle: Handle) -> Response:
    """Handle the request as this call. A reading call is recorded also if its caller disconnects.

    In-process callers and jobs get the complete answer of a stream.
    """
    token = current_call.set(call)
    try:
        response = await handle(request)
        return response if may_stream(request, operation, response) else await complete(response)
    except asyncio.CancelledError:
        if not (operation.changes or call.detached):
            await call.close(respond(CLIENT_CLOSED_REQUEST, "The caller went away."))
        raise
    finally:
        current_call.reset(token)


def may_stream(request: Request, operation: Operation, response: Response) -> bool:
    """Return whether an answer can be sent while it is made."""
    return isinstance(response, EventStream) and OPERATION not in request.scope and not operation.long


def add_quota(response: Response, quota: Quota | None) -> Response:
    """Add the RateLimit headers."""
    if quota:
        response.raw_headers.extend((name.lower().encode(), value.encode()) for name, value in quota.headers.items())
    return response
