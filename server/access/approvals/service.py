"""Calls that need approval: stored, decided, begun once and ended. Each step is committed before it is published."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from server.access.activity.entry import Entry, Outcome
from server.access.activity.log import Activity, IdempotencyRecord
from server.access.approvals import responses, store
from server.access.approvals.approval import (
    OPEN,
    SECTION,
    Approval,
    ApprovalSettings,
    Request,
    State,
    make_approval,
    make_question,
)
from server.access.approvals.denials import check_denials
from server.access.approvals.waiters import Waiters
from server.access.clients.allowances import Allowances, make_allowance
from server.access.clients.client import Client
from server.core.errors import NotFound, TooManyRequests, Unavailable
from server.http.problem_details import problem_body
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.context import Context
from server.sdk.operation import Effect, Operation

RETRY_SECONDS = 10.0  # until the end of a call is stored again
WAITS = "Needs your approval."
CHANGED = "Its effect has changed since you approved it, so you are asked again."
TOO_MANY = "{most} requests of this client, or large ones, need the person's approval already. Wait until they have decided."
ENDS = {Outcome.done: State.done, Outcome.uncertain: State.uncertain}
GONE = "There is no such approval, or it is not yours."

log = logging.getLogger(__name__)


def has_ended(approval: Approval) -> bool:
    """Return whether an approved call has ended, or is asked about again."""
    return approval.state not in {State.approved, State.running}


async def store_at_last(attempt: Callable[[], Awaitable[object]]) -> None:
    """Store the end of a call, again and again while the disk is full."""
    while True:
        try:
            await attempt()
        except Unavailable:
            log.exception("The end of an approved call could not be stored, so it is tried again.")
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


class Approvals:
    """Service for calls that need approval. `changed` is set when an approval is added or changes its state."""

    def __init__(self, context: Context, activity: Activity) -> None:
        self._context = context
        self._database = context.database
        self._clock = context.clock
        self._activity = activity
        self._waiters = Waiters()
        self.changed = asyncio.Event()
        self.allowances = Allowances(context.database, context.clock)

    @property
    def settings(self) -> ApprovalSettings:
        """Current settings."""
        return self._context.settings.read(SECTION, ApprovalSettings)

    async def find(self, approval_id: str, client_id: str | None = None) -> Approval:
        """Find an approval, of this client if one is given. Raises NotFound."""
        approval = await self._database.read(store.find, store.BY_ID, {"id": approval_id})
        if approval is None or client_id not in {None, approval.client_id}:
            raise NotFound(GONE)
        return approval

    async def find_pending(self, question: str) -> Approval:
        """Find the pending approval that asks this question. Raises NotFound."""
        approval = await self._database.read(store.find, store.BY_QUESTION, {"question": question})
        if approval is None or approval.expires_at <= self._now():
            raise NotFound(store.DECIDED)
        return approval

    async def find_by_activity(self, activity_id: int) -> Approval | None:
        """Find the approval of a call in the activity."""
        return await self._database.read(store.find, store.BY_ACTIVITY, {"activity_id": activity_id})

    async def find_duplicate(self, client_id: str, call_hash: str) -> Approval | None:
        """Find the open or recent approval of the same call of the same client."""
        return await self._database.read(store.find_duplicate, client_id, call_hash, self._window())

    def require_new(self, connection: Connection, client_id: str, call_hash: str) -> None:
        """Raises DuplicateCall if the same call is open or recent, in the transaction that begins a call which is allowed.

        A denied one does not count: the person has changed their mind since.
        """
        approval = store.find_duplicate(connection, client_id, call_hash, self._window())
        if approval and approval.state is not State.denied:
            raise store.DuplicateCall(approval)

    async def list_pending(self) -> list[Approval]:
        """List the approvals that wait for the person, oldest first."""
        pending = await self._database.read(store.find_all, State.pending)
        return [approval for approval in pending if approval.expires_at > self._now()]

    async def list_approved(self) -> list[Approval]:
        """List the approved calls that have not begun."""
        return await self._database.read(store.find_all, State.approved)

    async def read_request(self, approval: Approval, room: Callable[[int], Awaitable[None]]) -> Request:
        """Read the stored call, to send it again. `room` is awaited with the size of its body first."""
        await room(await self._database.read(store.measure_request, approval.id))
        return await self._database.read(store.read_request, approval.id)

    def create(self, client: Client, operation: Operation, digest: str, effect: Effect, key: str | None) -> Approval:
        """Create an approval that is not stored yet."""
        question = make_question(digest, effect, self._clock.now(), self.settings.expiry_minutes)
        return make_approval(client, operation, key, question)

    async def submit(self, approval: Approval, request: Request, entry: Entry) -> Approval | IdempotencyRecord:
        """Store a call and prompt the person. Returns it, or its stored duplicate. Raises TooManyRequests."""
        insistent = await check_denials(self._database, approval.client_id, self.settings, self._clock.now())
        try:
            stored = await self._database.write(store.add_call, approval, request, entry, self._window())
        except store.TooManyPending:
            raise TooManyRequests(TOO_MANY.format(most=self.settings.most_waiting), retry_after=60) from None
        if isinstance(stored, Approval) and stored.id == approval.id:
            with self._activity.storing(replace(entry, id=stored.activity_id)):
                pass
            self.changed.set()
            silently = insistent and sum(other.client_id == stored.client_id for other in await self.list_pending()) > 1
            self._context.approval_requests.notify(stored.ask(), silently=silently)
        return stored

    async def wait(self, approval: Approval, *, at_once: bool = False) -> Approval:
        """Wait for the decision, and after a yes for the end. `at_once`: the client does not want to wait."""
        read, settings = partial(self.find, approval.id), self.settings
        with self._waiters.listening(approval.id) as changed:
            seconds = 0 if at_once else settings.wait_seconds
            current = await self._waiters.follow(changed, read, lambda seen: seen.state is not State.pending, seconds)
            if current.state not in OPEN or current.state is State.pending or at_once:
                return current
            return await self._waiters.follow(changed, read, lambda seen: seen.state not in OPEN, settings.running_seconds)

    async def wait_for_end(self, approval: Approval) -> Approval:
        """Wait a moment for the end of an approved call: most end soon."""
        read, seconds = partial(self.find, approval.id), self.settings.result_seconds
        with self._waiters.listening(approval.id) as changed:
            return await self._waiters.follow(changed, read, has_ended, seconds)

    async def approve(self, approval: Approval, extent: ApprovalDuration) -> Approval:
        """Take the person's yes, with the permission that it gives. Raises NotFound if it is not pending any more."""
        now, minutes = self._now(), self.settings.allowance_minutes
        call = approval.question, approval.client_id, approval.operation
        allowance = make_allowance(*call, extent, approval.effect.recipients, self._clock, minutes)
        await self._database.write(store.approve, approval, extent, now, allowance)
        self._publish(approval)
        return replace(approval, state=State.approved, decided_at=now, extent=extent)

    async def deny(self, approval: Approval, reason: str) -> None:
        """Take the person's no. Raises NotFound if it is not pending any more."""
        detail, recorded = responses.say_no(reason)
        entry = responses.make_entry(approval, Outcome.refused, "denied", recorded, 403)
        if not await self._end(approval, [State.pending], State.denied, entry, reason=reason, detail=detail):
            raise NotFound(store.DECIDED)

    async def cancel(self, approval: Approval, reason: str, recorded: str = "", status: int = 403) -> bool:
        """End a call that may not or cannot run any more. `reason`: for the client; `recorded`: for the person."""
        entry = responses.make_entry(approval, Outcome.refused, "cancelled", recorded or reason, status)
        states = [State.pending, State.approved, State.running]
        return await self._end(approval, states, State.cancelled, entry, reason=reason)

    async def expire(self) -> datetime | None:
        """End expired approvals. Returns the time of the next expiry."""
        reason, recorded = responses.say_expired(self.settings.expiry_minutes)
        ends = []
        for approval in await self._database.read(store.find_all, State.pending):
            if approval.expires_at > self._now():
                ends.append(approval.expires_at)
                continue
            entry = responses.make_entry(approval, Outcome.refused, "expired", recorded, 403)
            await self._end(approval, [State.pending], State.expired, entry, reason=reason)
        return datetime.fromisoformat(min(ends)) if ends else None

    async def claim(self, approval: Approval, entry: Entry) -> None:
        """Commit that an approved call begins; after this it runs at most once. Raises Conflict if it has begun."""
        await self._store(approval, entry, store.claim, approval, entry)

    async def finish(self, approval: Approval, entry: Entry, body: str) -> None:
        """Commit the answer of a call that ran, again and again on a full disk: the client would poll for ever."""
        state = ENDS.get(entry.outcome, State.failed)
        values = {"state": state, "ended_at": self._now(), "status": entry.status, "result": body}
        await store_at_last(lambda: self._store(approval, entry, store.end, approval, [State.running], entry, values))

    async def wait_again(self, approval: Approval, reason: str) -> None:
        """Return an approved call to pending, with all that the yes allowed taken back."""
        entry = responses.make_entry(approval, Outcome.waiting, "asked", reason)
        await self._store(approval, entry, store.wait_again, approval, entry)

    async def ask_again(self, approval: Approval, effect: Effect, reason: str = CHANGED) -> None:
        """Prompt again with the current Effect. The client goes on polling the same approval."""
        renewed = replace(approval, **make_question(approval.call_hash, effect, self._clock.now(), self.settings.expiry_minutes))
        entry = responses.make_entry(renewed, Outcome.waiting, "asked", reason)
        if await self._store(approval, entry, store.ask_again, approval, renewed, entry):
            self._context.approval_requests.notify(renewed.ask())

    async def recover(self) -> int:
        """At start: mark what was running as uncertain. Answers how many there were."""
        return await self._database.write(store.recover, self._now(), problem_body(409, store.STOPPED, {}).decode())

    async def prune(self, days: float) -> None:
        """Delete what ended longer ago than this."""
        await self._database.write(store.prune, (self._clock.now() - timedelta(days=days)).isoformat())

    def stop(self) -> None:
        """Answer everybody who waits: the program ends."""
        self._waiters.stop()

    async def _end(
        self, approval: Approval, states: list[State], state: State, entry: Entry, *, reason: str, detail: str = ""
    ) -> bool:
        status = entry.status or 403
        result = responses.write_problem(approval, status, detail or reason)
        values = {"state": state, "ended_at": self._now(), "reason": reason, "status": status, "result": result}
        return bool(await self._store(approval, entry, store.end, approval, states, entry, values))

    async def _store(self, approval: Approval, entry: Entry, function: Any, *arguments: Any) -> Any:
        """Commit a step of an approval with its row in the activity, and publish it."""
        with self._activity.storing(entry):
            result = await self._database.write(function, *arguments)
        self._publish(approval)
        return result

    def _publish(self, approval: Approval) -> None:
        self._waiters.wake(approval.id)
        self._context.approval_requests.publish_change()
        self.changed.set()

    def _window(self) -> store.Window:
        settings, now = self.settings, self._clock.now()
        near = timedelta(minutes=settings.duplicate_minutes)
        since, until = (now - near).isoformat(), (now + near).isoformat()
        return store.Window(now.isoformat(), since, until, settings.most_waiting, settings.largest_waiting)

    def _now(self) -> str:
        return self._clock.now().isoformat()
