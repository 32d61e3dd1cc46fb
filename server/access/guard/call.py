"""One call on its way through the guard."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Connection

from server.access.activity.entry import Entry, Outcome
from server.access.activity.log import Activity, IdempotencyRecord
from server.access.approvals import budgets, responses
from server.access.approvals.approval import Approval, State, bind
from server.access.approvals.service import CHANGED, WAITS, Approvals
from server.access.approvals.store import DuplicateCall
from server.access.clients.allowances import Allowance
from server.access.clients.callers import Callers, separate
from server.access.clients.client import Client, Policy
from server.access.clients.registry import Clients
from server.access.clients.store import require_credential
from server.access.clients.usage import Usage
from server.access.guard.caller import Caller
from server.access.guard.duplicates import Duplicates
from server.access.guard.permissions import ALLOWANCE_ENDED, KEY_WAS_ENDED, Permissions
from server.access.guard.previews import Preview, preview
from server.access.guard.rate_limits import Limits
from server.access.guard.record import CallRecord, CallState
from server.access.guard.request import digest_call, may_exceed, read_idempotency_key, read_request
from server.access.jobs.service import Jobs
from server.access.pause import Pause
from server.core.clock import Clock
from server.core.errors import Conflict, DeskhandError, Forbidden, NotAuthenticated
from server.core.memory_budget import LARGE, MemoryBudget, current
from server.core.tasks import Tasks
from server.http.addresses import Address
from server.http.exception_handlers import to_response
from server.http.in_process import APPROVAL, CALLER_TOKEN, CLIENT, COUNTED, OPERATION, InProcessClient, InternalRequest
from server.http.problem_details import read_detail
from server.sdk.operation import Effect, Operation, run_for

log = logging.getLogger(__name__)

Function = Callable[..., Awaitable[Any]]
FORWARDED = ("idempotency-key", "prefer")  # headers that mean the call, not its connection
SLOW = 64 * 1024  # bytes of a body whose arguments are not searched for secrets while others wait
RETURNED = ("content-type", "retry-after", "idempotent-replayed")
FETCHED = "The download you approved is complete; now the action itself needs your approval."


@dataclass(frozen=True)
class GuardServices:
    """Everything that the guard and its calls use."""

    clients: Clients
    usage: Usage
    activity: Activity
    approvals: Approvals
    limits: Limits
    pause: Pause
    clock: Clock
    address: Address
    memory: MemoryBudget
    jobs: Jobs
    callers: Callers
    tasks: Tasks


class Call(Caller):
    """One call. `parameters`: the names of the arguments that come from the caller. `detached`: it has become a job."""

    def __init__(
        self, services: GuardServices, client: Client, operation: Operation, request: Request, parameters: frozenset[str]
    ) -> None:
        super().__init__(request, CallRecord(services.clock, client, operation))
        self._services = services
        self._operation = operation
        self._parameters = parameters
        self._approval: Approval | None = request.scope.get(APPROVAL)
        self._permissions = Permissions(services.clients, services.pause, self.record, approved=self._approval is not None)
        self._key: str | None = None
        self._allowance: Allowance | None = None
        self.detached = False

    async def hand_over(self, operation: str, path: str, body: bytes) -> Response:
        """Call another operation in its place, with all of its checks; only that call is recorded."""
        return await call_in_place(self._request, self.record, operation, InternalRequest("POST", path, body=body))

    def check_scope(self) -> None:
        """Raises Forbidden if the client lacks the operation's scope."""
        self._permissions.check_scope()

    def check_unread(self) -> None:
        """Refuse a call whose large body need not be read for that. A smaller one is read, and recorded with its arguments."""
        if self._approval is None and may_exceed(self._request, LARGE):
            self._permissions.require()

    async def execute(self, function: Function, arguments: dict[str, Any]) -> Any:
        """Decide on a validated call; then run it, or answer in its place."""
        record = self.record
        given = {name: value for name, value in arguments.items() if name in self._parameters}
        if may_exceed(self._request, SLOW):
            await asyncio.to_thread(record.set_arguments, given, redacting=True)
        else:
            record.set_arguments(given)
        if not (self._operation.changes or (self._operation.ingests and read_idempotency_key(self._request.headers))):
            self._permissions.check()
            with record.watching(self._services.activity):
                return await function(**arguments)
        identity = self._operation, record.client, record.arguments
        large = (reservation := current.get()) is not None and reservation.is_large
        digest = await asyncio.to_thread(digest_call, *identity) if large else digest_call(*identity)
        if self._approval:
            return await self._run_approved(self._approval, digest, function, arguments)
        key = read_idempotency_key(self._request.headers)
        self._key = key and separate(record.client, key)
        services = self._services
        duplicates = Duplicates(services.activity, services.approvals, record, self._request.headers, digest, self._key)
        run = self._run if self._operation.changes else self._ingest
        return await duplicates.find() or await run(duplicates, function, arguments)

    async def _ingest(self, duplicates: Duplicates, function: Function, arguments: dict[str, Any]) -> Any:
        """Run a call that ingests and has an Idempotency-Key: once."""
        self._permissions.check()
        begun = await self._services.activity.begin(self.record.entry(Outcome.running), self._key, duplicates.digest)
        if not isinstance(begun, int):
            return await duplicates.answer(begun)
        self.record.begin(begun)
        self._permissions.check()
        return await function(**arguments)

    async def _run(self, duplicates: Duplicates, function: Function, arguments: dict[str, Any]) -> Any:
        self._permissions.check()
        effect = (await self._preview(arguments)).effect
        if self._permissions.check() is Policy.ask or effect.links or effect.once:
            self._allowance = None if effect.links or effect.once else await self._find_allowance(effect)
            if self._allowance is None:
                return await self._ask(duplicates, effect)
        try:
            begun = await self._begin(duplicates.digest, effect)
        except budgets.BudgetExceeded as exceeded:
            return await self._ask(duplicates, effect, str(exceeded))
        if not isinstance(begun, int):
            return await duplicates.answer(begun)
        self.record.begin(begun)
        if self._permissions.check() is Policy.ask:  # while the row was written the person may have changed something
            self._permissions.require_allowance(self._allowance)
        return await run_for(effect, function, arguments)

    async def require_still_allowed(self) -> None:
        """Raises Unavailable, Forbidden or NotAuthenticated if the person has changed their mind since it began."""
        if self._permissions.check() is not Policy.ask or self._approval or not self._operation.changes:
            return
        held = await self._services.approvals.allowances.list(self.client_id)
        self._permissions.require_held(self._allowance, held)
        self._permissions.check()

    async def _preview(self, arguments: dict[str, Any], permitted: Collection[str] = ()) -> Preview:
        previewed = await preview(self._operation, arguments, self.record.summary, permitted)
        self.record.effect = previewed.effect
        return previewed

    async def _find_allowance(self, effect: Effect) -> Allowance | None:
        approvals = self._services.approvals
        allowance = await approvals.allowances.find(self.client_id, self._operation.name, effect.recipients)
        if allowance:
            self.record.allow(responses.say_yes(allowance.extent, approvals.settings.allowance_minutes))
        return allowance

    async def _begin(self, digest: str, effect: Effect) -> int | IdempotencyRecord | Approval:
        """Commit the row that says `running`. Returns its id, or the earlier call that this one repeats.

        Raises BudgetExceeded if the person has to be asked after all.
        """
        approvals, client, allowance = self._services.approvals, self.record.client, self._allowance

        def require(connection: Connection) -> None:
            require_credential(connection, client.credential)
            if self._key is None:
                approvals.require_new(connection, client.id, digest)
            if allowance:
                approvals.allowances.require(connection, allowance)
            if self._operation.reaches_others:
                now = self._services.clock.now()
                budgets.require_budget(connection, client.id, effect.recipients, now, approvals.settings)
                budgets.record(connection, client.id, effect.recipients, now)

        try:
            return await self._services.activity.begin(self.record.entry(Outcome.running), self._key, digest, require)
        except DuplicateCall as duplicate:
            return duplicate.approval
        except NotAuthenticated:
            self.record.refuse(KEY_WAS_ENDED)
            raise
        except Forbidden:
            self.record.refuse(ALLOWANCE_ENDED)
            raise

    async def _ask(self, duplicates: Duplicates, effect: Effect, reason: str = WAITS) -> Response:
        """Store the call, ask the person, and wait for them as long as the client can."""
        services = self._services
        approvals, record = services.approvals, self.record
        self._permissions.require_asking(has_token=bool(self.caller_token))
        record.wait(reason)
        request = approvals.create(record.client, self._operation, duplicates.digest, effect, self._key)
        try:
            stored = await approvals.submit(request, await read_request(self._request), record.entry(Outcome.waiting))
        except Exception as error:
            expected = isinstance(error, DeskhandError) and error.status < 500
            record.refuse(str(error) if expected else "It could not be queued for your approval.")
            raise
        if (reservation := current.get()) and not reservation.is_large:
            services.memory.release(reservation)  # the preview is over
        if isinstance(stored, Approval) and stored.id == request.id:
            return await duplicates.wait(stored)
        return await duplicates.answer(stored)

    async def _run_approved(self, approval: Approval, digest: str, function: Function, arguments: dict[str, Any]) -> Any:
        """Run a stored call if it is still allowed, and still what the person approved."""
        approvals, record = self._services.approvals, self.record
        if digest != approval.call_hash:
            record.refuse("It is not the call that was asked about.")
            raise Conflict("This is not the call that was approved. Send it again.")
        self._permissions.check()
        previewed, reason = await self._preview(arguments), CHANGED
        self._permissions.check()
        if previewed.unfetched and bind(digest, previewed.effect) == approval.hash:  # the fetch alone was approved
            previewed, reason = await self._preview(arguments, previewed.unfetched), FETCHED
            self._permissions.check()
        effect = previewed.effect
        if bind(digest, effect) != approval.hash:
            record.wait(WAITS)
            await approvals.ask_again(approval, effect, reason)
            return responses.answer(replace(approval, state=State.pending))
        record.allow(responses.say_yes(approval.extent, approvals.settings.allowance_minutes))
        await approvals.claim(approval, replace(record.entry(Outcome.running), id=approval.activity_id))
        record.begin(approval.activity_id)
        self._permissions.check()
        return await run_for(effect, function, arguments)

    async def close(self, response: Response, replay: Response | None = None) -> Response:
        """Record how the call ended. The answer goes out only after this is stored.

        `replay`: what a call with the same Idempotency-Key is answered, if that is not the response.
        """
        try:
            await self.finish(response.status_code, bytes(response.body), replay)
        except DeskhandError as error:
            log.exception("The activity could not be written.")
            error.detail += " The call itself was made." if self.record.state is CallState.running else " Nothing was done."
            return to_response(error)
        return response

    async def finish(self, status: int, body: bytes, replay: Response | None = None) -> None:
        """Record the answer of a call that is over. An answer in parts is recorded with the last of them."""
        record = self.record
        if record.state in {CallState.waiting, CallState.handed_over}:
            return
        text = decode(body, self.caller_token)
        entry = record.final_entry(status, text)
        if approval := self._approval:
            await finish_approved(self._services.approvals, record, approval, replace(entry, id=approval.activity_id), text)
        elif record.row_id is not None:
            answer = (replay.status_code, bytes(replay.body).decode()) if replay else (status, text)
            await self._services.activity.end(entry, self._key, answer)
        else:
            await self._services.activity.add(entry)


def decode(body: bytes, token: str) -> str:
    """Decode an answer to be stored, without the token of its caller, which a server may send back."""
    text = body.decode("utf-8", "replace")
    return text.replace(token, "•••") if token else text


async def finish_approved(approvals: Approvals, record: CallRecord, approval: Approval, entry: Entry, body: str) -> None:
    """Record how a stored call ended: it ran, it may run later, or it may not run."""
    if record.state is CallState.running:
        await approvals.finish(approval, entry, body)
    elif record.state is CallState.paused:
        await approvals.wait_again(approval, "Deskhand was paused before it could run; it needs your approval again.")
    else:
        detail = read_detail(body.encode())
        reason = record.reason if record.state is CallState.refused else detail
        await approvals.cancel(approval, detail, reason, entry.status or 403)


async def call_in_place(request: Request, record: CallRecord, operation: str, made: InternalRequest) -> Response:
    """Make another call in the place of a request, for its client, with the headers that mean the call."""
    record.hand_over()
    headers = tuple((name, value) for name in FORWARDED if (value := request.headers.get(name)) is not None)
    scope = {name: request.scope[name] for name in (CALLER_TOKEN,) if name in request.scope}
    scope |= {CLIENT: record.client, OPERATION: operation, COUNTED: True}
    inside: InProcessClient = request.app.state.inside
    response = await inside.call(replace(made, headers=headers), **scope)
    returned = {name: value for name, value in response.headers.items() if name in RETURNED}
    return Response(response.body, response.status, headers=returned)
