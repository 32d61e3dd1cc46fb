"""One call on its way through the guard."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from pydantic_core import to_jsonable_python
from sqlalchemy import Connection

from server.access.activity.entry import Entry, Outcome, effect_text, redact
from server.access.activity.log import LONGEST_RESULT, Kept
from server.access.approvals import responses
from server.access.approvals.approval import Approval, State, bind
from server.access.approvals.service import WAITS
from server.access.approvals.store import Same
from server.access.clients.allowances import ENDED, Allowance
from server.access.clients.registry import Client, Policy
from server.access.clients.store import KEY_ENDED, require_credential
from server.access.guard.request import digest_call, prefers_async, read_idempotency_key, read_request
from server.core.errors import Conflict, DeskhandError, Forbidden, InvalidInput, NotAuthenticated, Unavailable
from server.core.redaction import redact_start
from server.core.text import fill
from server.http.exception_handlers import respond, to_response
from server.http.in_process import APPROVAL
from server.http.problem_details import read_detail
from server.sdk.operation import Effect, Operation, current_call, run_for

if TYPE_CHECKING:
    from server.access.guard.guard import Guard

log = logging.getLogger(__name__)

NO_FIT = "The request did not fit."  # the answer says how
PAUSED = "You had paused all actions."
GIVEN_UP = 499  # as nginx has it
Handle = Callable[[Request], Awaitable[Response]]


@dataclass
class Decision:
    """What was decided about a call, and why, in words."""

    taken: str = ""
    reason: str = ""


class Call:
    """One call on its way."""

    def __init__(self, guard: "Guard", client: Client, operation: Operation, request: Request, asked: frozenset[str]) -> None:
        self._guard = guard
        self._operation = operation
        self._request = request
        self._asked = asked
        self._client = client
        self._started = guard.clock.monotonic()
        self._decision = Decision("refused", NO_FIT)
        self._arguments: dict[str, Any] = {}
        self._effect: Effect | None = None
        self._begun: Entry | None = None
        self._repeats = False
        self._kept = False  # its row is written by whoever keeps it
        self._approval: Approval | None = request.scope.get(APPROVAL)
        self._key: str | None = None
        self._allowance: Allowance | None = None

    @property
    def client_id(self) -> str:
        """Who calls."""
        return self._client.id

    @property
    def client_name(self) -> str:
        """What the person calls it."""
        return self._client.name

    async def answer(self, handle: Handle) -> Response:
        """Have the request handled. A reading that its caller gave up is noted too."""
        token = current_call.set(self)
        try:
            return await handle(self._request)
        except asyncio.CancelledError:
            if not self._operation.changes:
                await self.close(respond(GIVEN_UP, "The caller went away."))
            raise
        finally:
            current_call.reset(token)

    def refuse(self, reason: str) -> None:
        """Note why this call is not let through."""
        self._decision = Decision("refused", reason)

    async def execute(self, function: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
        """Decide on a validated call; then run it, or answer in its place."""
        told = {name: value for name, value in arguments.items() if name in self._asked}
        self._arguments = to_jsonable_python(told, serialize_unknown=True)
        if not self._operation.changes:
            self._check_again()
            with self._guard.activity.watching(self._entry(Outcome.running)):
                return await function(**arguments)
        digest = digest_call(self._operation, self._client, self._arguments)
        if self._approval:
            return await self._run_approved(self._approval, digest, function, arguments)
        self._key = read_idempotency_key(self._request.headers)
        if answer := await self._answer_again(digest):
            return answer
        return await self._run(digest, function, arguments)

    async def _run(self, digest: str, function: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
        self._check_again()
        effect = await self._foresee(arguments)
        allowance = None
        if self._check_again() is Policy.ask:
            allowance = self._allowance = await self._find_allowance(effect)
            if allowance is None:
                return await self._ask(digest, effect)
        begun = await self._begin(digest, allowance)
        if isinstance(begun, Kept):
            return await self._repeat(begun, digest)
        if isinstance(begun, Approval):
            return await self._join(begun)
        self._begun = replace(self._entry(Outcome.running), id=begun)
        if self._check_again() is Policy.ask:  # meanwhile the person may have paused all, or changed this
            self._require_allowed(allowance)
        return await run_for(effect, function, arguments)

    async def require_still_allowed(self) -> None:
        """Raises Unavailable, Forbidden or NotAuthenticated where the person has changed their mind since it began."""
        if self._check_again() is not Policy.ask or self._approval or not self._operation.changes:
            return
        self._require_allowed(self._allowance)
        if self._allowance not in await self._guard.approvals.allowances.list(self._client.id):
            self.refuse("You had just ended what allowed it.")
            raise Forbidden(ENDED)
        self._check_again()

    async def _foresee(self, arguments: dict[str, Any]) -> Effect:
        """Make the Effect: what it would do now."""
        if self._operation.preview:
            self._effect = await self._operation.preview(**arguments)
        return self._effect or Effect(fill(self._operation.summary_templates, redact(self._arguments)))

    async def _find_allowance(self, effect: Effect) -> Allowance | None:
        approvals = self._guard.approvals
        found = await approvals.allowances.find(self._client.id, self._operation.name, effect.recipients)
        if found:
            minutes = approvals.settings.allowance_minutes
            self._decision = Decision("allowed", responses.say_yes(found.extent, minutes))
        return found

    async def _begin(self, digest: str, allowance: Allowance | None) -> int | Kept | Approval:
        approvals = self._guard.approvals

        def require(connection: Connection) -> None:
            require_credential(connection, self._client.credential)
            if self._key is None:
                approvals.require_new(connection, self._client.id, digest)
            if allowance:
                approvals.allowances.require(connection, allowance)

        try:
            return await self._guard.activity.begin(self._entry(Outcome.running), self._key, digest, require)
        except Same as same:
            return same.found
        except NotAuthenticated:
            self.refuse("Its key was ended.")
            raise
        except Forbidden:
            self.refuse("You had just ended what allowed it.")
            raise

    async def _ask(self, digest: str, effect: Effect) -> Response:
        """Keep the call, ask the person, and wait for them as long as a client can be kept waiting."""
        approvals, self._decision = self._guard.approvals, Decision("asked", WAITS)
        question, bound, asked_at, expires_at = approvals.make(effect, digest)
        made = Approval(
            id=question,
            question=question,
            client_id=self._client.id,
            client_name=self._client.name,
            credential=self._client.credential,
            operation=self._operation.name,
            scope=self._operation.scope,
            reaches_others=self._operation.reaches_others,
            call_hash=digest,
            hash=bound,
            effect=effect,
            activity_id=0,
            state=State.pending,
            asked_at=asked_at,
            expires_at=expires_at,
            key=self._key,
        )
        try:
            kept = await approvals.keep(made, await read_request(self._request), self._entry(Outcome.waiting))
        except DeskhandError as error:
            self.refuse("It could not wait for your word." if error.status >= 500 else error.detail)
            raise
        if isinstance(kept, Kept):
            return await self._repeat(kept, digest)
        if kept.id != made.id:
            return await self._join(kept)
        self._kept = True
        return await self._wait(kept)

    async def _wait(self, one: Approval) -> Response:
        at_once = prefers_async(self._request.headers)
        found = await self._guard.approvals.wait(one, at_once=at_once)
        return responses.answer(found, preferred=at_once)

    async def _run_approved(
        self, one: Approval, digest: str, function: Callable[..., Awaitable[Any]], arguments: dict[str, Any]
    ) -> Any:
        """Run a kept call, if it is still allowed, and still what was approved."""
        approvals = self._guard.approvals
        if digest != one.call_hash:
            self.refuse("It is not the call that was asked about.")
            raise Conflict("This is not the call that was approved. Send it again.")
        self._check_again()
        effect = await self._foresee(arguments)
        self._check_again()
        if bind(digest, effect) != one.hash:
            self._kept = True
            await approvals.ask_again(one, effect)
            return responses.answer(replace(one, state=State.pending))
        self._decision = Decision("allowed", responses.say_yes(one.extent, approvals.settings.allowance_minutes))
        entry = replace(self._entry(Outcome.running), id=one.activity_id)
        await approvals.claim(one, entry)
        self._begun = entry
        self._check_again()
        return await run_for(effect, function, arguments)

    def check_scope(self) -> None:
        """Raises Forbidden where the client lacks the operation's scope."""
        client, operation = self._client, self._operation
        if operation.scope and operation.scope not in client.scopes:
            self.refuse("The scope is missing.")
            raise Forbidden(
                f"The client {client.name!r} may not use {operation.name}: it lacks the scope {operation.scope}. "
                "The person at this computer can give it in Deskhand's window, under Access."
            )

    def _check_again(self) -> Policy:
        """While the body came, the preview was made or the row was written, the person may have changed their mind."""
        client = self._guard.clients.look_again(self._client)
        if client is None:
            self.refuse("Its key was ended.")
            raise NotAuthenticated(KEY_ENDED)
        self._client = client
        self.check_scope()
        policy = self._check_policy()
        if self._operation.changes or self._operation.ingests:
            self._check_pause()
        return policy

    def _check_pause(self) -> None:
        try:
            self._guard.pause.check()
        except Unavailable:
            self.refuse(PAUSED)
            raise

    def _check_policy(self) -> Policy:
        name = self._operation.name
        policy = self._client.policy_for(self._operation)
        if policy is Policy.deny:
            self.refuse("You denied it to this client.")
            raise Forbidden(f"The person at this computer has switched {name} off for {self._client.name!r}.")
        if policy is Policy.allow and not self._approval:
            usual = "Keeping what it hands over is allowed." if self._operation.ingests else "Reading is allowed."
            told = "You allowed it." if name in self._client.policies else usual
            self._decision = Decision("allowed", told)
        return policy

    def _require_allowed(self, allowance: Allowance | None) -> None:
        """Raises Forbidden for a call that had been allowed and is to be asked about now that it would begin."""
        if allowance is None:
            self.refuse("You had just changed that it is allowed.")
            raise Forbidden("The person at this computer has just changed what is allowed. Send it again and they are asked.")

    async def _answer_again(self, digest: str) -> Response | None:
        """Answer what the same call has now, where there was one: by its Idempotency-Key, else by what it says."""
        if self._key is None:
            if self._client.policy_for(self._operation) is Policy.allow:
                return None  # it is looked for when it would begin, which costs nothing
            same = await self._guard.approvals.find_same(self._client.id, digest)
            return await self._join(same) if same else None
        kept = await self._guard.activity.find_kept(self._client.id, self._key)
        return await self._repeat(kept, digest) if kept else None

    async def _join(self, same: Approval) -> Response:
        """Answer what the same call has now, which was or is put to the person."""
        self._repeats = True
        self._decision = Decision("repeated", f"It is the same as call {same.activity_id}.")
        answer = await self._wait(same)
        if answer.status_code != 202:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer

    async def _repeat(self, kept: Kept, digest: str) -> Response:
        """Answer what the first call with this Idempotency-Key has now."""
        self._repeats = True
        self._decision = Decision("repeated", f"It carries the Idempotency-Key of call {kept.activity_id}.")
        if kept.hash != digest:
            raise InvalidInput("This Idempotency-Key was used for another request. Choose a new one for each new request.")
        if kept.outcome is Outcome.uncertain:
            raise Conflict(
                "Deskhand stopped while it ran this call, so nobody knows how far it came. "
                "Look whether it happened, and then send it with a new Idempotency-Key."
            )
        if kept.outcome is Outcome.waiting and (waits := await self._guard.approvals.find_by_activity(kept.activity_id)):
            return await self._wait(waits)
        if kept.status is None or kept.body is None:
            raise Conflict("This call is running still. Ask again in a moment.", retry_after=1)
        kind = "application/json" if kept.status < 400 else "application/problem+json"
        return Response(kept.body, kept.status, {"Idempotent-Replayed": "true"}, media_type=kind)

    async def close(self, response: Response) -> Response:
        """Write down how it ended. The answer goes out only after this is stored."""
        if self._kept:
            return response
        try:
            await self._write_end(response)
        except DeskhandError as error:
            log.exception("The activity could not be written.")
            error.detail += " The call itself was made." if self._begun and not self._was_refused else " Nothing was done."
            return to_response(error)
        return response

    async def _write_end(self, response: Response) -> None:
        body = bytes(response.body).decode("utf-8", "replace")
        entry = self._entry(self._outcome(response), response)
        if self._approval:
            await self._end_approved(self._approval, replace(entry, id=self._approval.activity_id), body)
        elif self._begun:
            await self._guard.activity.end(replace(entry, id=self._begun.id), self._key, body)
        else:
            await self._guard.activity.add(entry)

    async def _end_approved(self, one: Approval, entry: Entry, body: str) -> None:
        """Write how a kept call ended: as one that ran, or that may not run, or that may not run now."""
        if self._begun and not self._was_refused:
            await self._guard.approvals.finish(one, entry, body)
        elif self._decision.reason == PAUSED:
            await self._guard.approvals.wait_again(one, "You had paused all actions before it could run; it waits again.")
        else:
            detail = read_detail(body.encode())
            noted = self._decision.reason if self._was_refused else detail
            await self._guard.approvals.cancel(one, detail, noted, entry.status or 403)

    def _outcome(self, response: Response) -> Outcome:
        if self._repeats:
            return Outcome.repeated
        if response.status_code < 400:
            return Outcome.done
        if self._was_refused:
            return Outcome.refused
        not_begun = (self._operation.changes and not self._begun) or self._decision.taken == "refused"
        return Outcome.refused if not_begun and response.status_code < 500 else Outcome.failed

    @property
    def _was_refused(self) -> bool:
        """Whether it was decided that it may not run, which may be after its row was written."""
        return self._decision.taken == "refused" and self._decision.reason != NO_FIT

    def _entry(self, outcome: Outcome, response: Response | None = None) -> Entry:
        guard, operation = self._guard, self._operation
        return Entry(
            at=guard.clock.now().isoformat(),
            client_id=self._client.id,
            client_name=self._client.name,
            operation=operation.name,
            sentence=self._effect.sentence if self._effect else fill(operation.summary_templates, redact(self._arguments)),
            changes=operation.changes,
            decision=self._decision.taken,
            reason=self._decision.reason,
            outcome=outcome,
            status=response.status_code if response else None,
            duration_ms=round((guard.clock.monotonic() - self._started) * 1000) if response else None,
            arguments=json.dumps(redact(self._arguments), ensure_ascii=False) if self._arguments else None,
            effect=effect_text(self._effect),
            result=shorten(response) if response else None,
        )


def shorten(response: Response) -> str:
    """The answer as the activity keeps it: its secrets out, its end cut off."""
    return redact_start(bytes(response.body).decode("utf-8", "replace"), LONGEST_RESULT)
