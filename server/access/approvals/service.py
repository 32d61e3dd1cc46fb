"""Kept calls: they wait, are decided, begin once, and end. Each step is a row that is stored before anybody is told."""

import asyncio
import logging
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server.access.activity.entry import Entry, Outcome
from server.access.activity.log import Activity, Kept
from server.access.approvals import responses, store
from server.access.approvals.approval import OPEN, PREFIX, SECTION, Approval, ApprovalSettings, Request, State, bind
from server.access.approvals.waiters import Waiting
from server.access.clients.allowances import Allowances, add_allowance, make_allowance
from server.core.errors import DeskhandError, NotFound, TooManyRequests
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.context import Context
from server.sdk.operation import Effect

log = logging.getLogger(__name__)

WAITS = "It waits for your word."
CHANGED = "What it would do is not any more what you allowed, so you are asked again."
TOO_MANY = "{most} calls of this client wait for the person's word already. Wait until they have decided."
GONE = "There is no such approval, or it is not yours."


class Approvals:
    """Keeps calls. `start`: runs one that was approved; set by its runner."""

    def __init__(self, context: Context, activity: Activity) -> None:
        self._context = context
        self._database = context.database
        self._clock = context.clock
        self._activity = activity
        self._waiting = Waiting()
        self._news = asyncio.Event()
        self.allowances = Allowances(context.database, context.clock)

    @property
    def settings(self) -> ApprovalSettings:
        """How calls wait, as it is set now."""
        return self._context.settings.read(SECTION, ApprovalSettings)

    async def find(self, approval_id: str, client_id: str | None = None) -> Approval:
        """Find one, of a client where one is named. Raises NotFound."""
        found = await self._database.read(store.find, store.BY_ID, {"id": approval_id})
        if found is None or client_id not in {None, found.client_id}:
            raise NotFound(GONE)
        return found

    async def find_question(self, question: str) -> Approval:
        """Find what the person is asked. Raises NotFound where it is not asked any more."""
        found = await self._database.read(store.find, store.BY_QUESTION, {"question": question})
        if found is None or found.expires_at <= self._now():
            raise NotFound(store.DECIDED)
        return found

    async def find_by_activity(self, activity_id: int) -> Approval | None:
        """Find the approval of a call in the activity."""
        return await self._database.read(store.find, store.BY_ACTIVITY, {"activity_id": activity_id})

    async def find_same(self, client_id: str, call_hash: str) -> Approval | None:
        """Find what the same call of the same client is or was lately."""
        return await self._database.read(store.find_same, client_id, call_hash, self._window())

    def require_new(self, connection: Connection, client_id: str, call_hash: str) -> None:
        """Raises Same where the same call is there, at this point in the order of all writing.

        It is for a call that is allowed now, so what was denied before does not count.
        """
        same = store.find_same(connection, client_id, call_hash, self._window())
        if same and same.state is not State.denied:
            raise store.Same(same)

    async def list_pending(self) -> list[Approval]:
        """List what waits for the person, oldest first."""
        found = await self._database.read(store.find_all, State.pending)
        return [one for one in found if one.expires_at > self._now()]

    async def keep(self, made: Approval, request: Request, entry: Entry) -> Approval | Kept:
        """Keep a call and ask the person, unless the same call is there. Raises TooManyRequests."""
        try:
            kept = await self._database.write(store.keep_call, made, request, entry, self._window())
        except store.Full:
            raise TooManyRequests(TOO_MANY.format(most=self.settings.most_waiting), retry_after=60) from None
        if isinstance(kept, Approval) and kept.id == made.id:
            with self._activity.storing(replace(entry, id=kept.activity_id)):
                pass
            self._news.set()
            self._context.approval_requests.notify(kept.ask())
        return kept

    def make(self, effect: Effect, call_hash: str) -> tuple[str, str, str, str]:
        """A new question's number, its hash, when it is asked and until when."""
        now = self._clock.now()
        until = now + timedelta(minutes=self.settings.expiry_minutes)
        return f"{PREFIX}-{secrets.token_hex(8)}", bind(call_hash, effect), now.isoformat(), until.isoformat()

    async def wait(self, one: Approval, *, at_once: bool = False) -> Approval:
        """Wait for the person, and where they say yes for the end; as long as a client can be kept waiting."""

        async def look() -> Approval:
            return await self.find(one.id)

        settings = self.settings
        with self._waiting.listening(one.id) as news:
            patience = 0 if at_once else settings.patience_seconds
            found = await self._waiting.follow(news, look, lambda seen: seen.state is not State.pending, patience)
            if found.state not in OPEN or found.state is State.pending or at_once:
                return found
            return await self._waiting.follow(news, look, lambda seen: seen.state not in OPEN, settings.running_seconds)

    async def approve(self, one: Approval, extent: ApprovalDuration) -> Approval:
        """Take the person's yes. Raises NotFound where it does not wait any more."""
        now, minutes = self._now(), self.settings.allowance_minutes
        left = make_allowance(one.question, one.client_id, one.operation, extent, one.effect.recipients, self._clock, minutes)

        def decide(connection: Connection) -> None:
            store.require_move(connection, one, [State.pending], state=State.approved, decided_at=now, extent=extent)
            if left and store.still_may(connection, one):  # else the person was just taking it away from the client
                add_allowance(connection, left)

        await self._database.write(decide)
        self._tell(one)
        return replace(one, state=State.approved, decided_at=now, extent=extent)

    async def deny(self, one: Approval, reason: str) -> None:
        """Take the person's no. Raises NotFound where it does not wait any more."""
        told, noted = responses.say_no(reason)
        entry = responses.enter(one, Outcome.refused, "denied", noted, 403)
        if not await self._end(one, [State.pending], State.denied, entry, reason=reason, detail=told):
            raise NotFound(store.DECIDED)

    async def cancel(self, one: Approval, reason: str, noted: str = "", status: int = 403) -> bool:
        """End one that may not or cannot run any more. `reason`: for the client; `noted`: for the person."""
        entry = responses.enter(one, Outcome.refused, "cancelled", noted or reason, status)
        return await self._end(one, [State.pending, State.approved, State.running], State.cancelled, entry, reason=reason)

    async def claim(self, one: Approval, entry: Entry) -> None:
        """Note that it begins; after this it runs at most once. Raises Conflict where it has begun."""
        with self._activity.storing(entry):
            await self._database.write(store.claim, one, entry)
        self._tell(one)

    async def finish(self, one: Approval, entry: Entry, body: str) -> None:
        """Note how it ended."""
        state = State.done if entry.outcome is Outcome.done else State.failed
        values = {"state": state, "ended_at": self._now(), "status": entry.status, "result": body}
        with self._activity.storing(entry):
            await self._database.write(store.end, one, [State.running], entry, values)
        self._tell(one)

    async def wait_again(self, one: Approval, reason: str) -> None:
        """Take a yes back with all that it allowed, for nothing may run now: it waits as before."""
        entry = responses.enter(one, Outcome.waiting, "asked", reason)
        with self._activity.storing(entry):
            await self._database.write(store.wait_again, one, entry)
        self._tell(one)

    async def ask_again(self, one: Approval, effect: Effect) -> None:
        """Ask anew, with what it would do now. The client goes on looking at the same approval."""
        question, bound, asked_at, expires_at = self.make(effect, one.call_hash)
        anew = replace(one, question=question, hash=bound, effect=effect, asked_at=asked_at, expires_at=expires_at)
        entry = responses.enter(anew, Outcome.waiting, "asked", CHANGED)
        with self._activity.storing(entry):
            asked = await self._database.write(store.ask_again, one, anew, entry)
        self._tell(one)
        if asked:
            self._context.approval_requests.notify(anew.ask())

    async def expire(self) -> datetime | None:
        """End what nobody answered in time. Answers when the next one ends."""
        told, noted = responses.say_expired(self.settings.expiry_minutes)
        left = []
        for one in await self._database.read(store.find_all, State.pending):
            if one.expires_at > self._now():
                left.append(one.expires_at)
                continue
            entry = responses.enter(one, Outcome.refused, "expired", noted, 403)
            await self._end(one, [State.pending], State.expired, entry, reason=told)
        return datetime.fromisoformat(min(left)) if left else None

    async def watch(self, longest: float = 60.0) -> None:
        """End what nobody answers, for as long as the program runs. `longest`: seconds; a computer that slept looks again."""
        while True:
            self._news.clear()
            wait: float | None = longest
            try:
                next_end = await self.expire()
                wait = None if next_end is None else min(longest, max(0.05, (next_end - self._clock.now()).total_seconds()))
            except DeskhandError:
                log.exception("What nobody answered could not be ended.")
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def settle(self) -> int:
        """At start: say of what was running that nobody knows how far it came. Answers how many there were."""
        return await self._database.write(store.settle, self._now(), responses.write_uncertain())

    async def take_approved(self) -> list[Approval]:
        """What was approved and has not begun."""
        return await self._database.read(store.find_all, State.approved)

    async def read_request(self, one: Approval) -> Request:
        """Read a kept call, to make it again."""
        return await self._database.read(store.read_request, one.id)

    async def sweep(self, days: float) -> None:
        """Forget what was decided so long ago."""
        until = self._clock.now() - timedelta(days=days)
        await self._database.write(store.forget, until.isoformat())

    def stop(self) -> None:
        """Have nobody wait any more: the program ends."""
        self._waiting.stop()

    async def _end(
        self, one: Approval, states: list[State], state: State, entry: Entry, *, reason: str, detail: str = ""
    ) -> bool:
        status = entry.status or 403
        result = responses.write_problem(one, status, detail or reason)
        values = {"state": state, "ended_at": self._now(), "reason": reason, "status": status, "result": result}
        with self._activity.storing(entry):
            ended = await self._database.write(store.end, one, states, entry, values)
        self._tell(one)
        return ended

    def _tell(self, one: Approval) -> None:
        self._waiting.wake(one.id)
        self._context.approval_requests.publish_change()
        self._news.set()

    def _window(self) -> store.Window:
        now, settings = self._clock.now(), self.settings
        since = now - timedelta(minutes=settings.joining_minutes)
        return store.Window(now.isoformat(), since.isoformat(), settings.most_waiting)

    def _now(self) -> str:
        return self._clock.now().isoformat()
