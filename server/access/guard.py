"""The way of every call: who is it, may they, how often, the same again?, allowed?, what will it do, what happened."""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fastapi import Request, Response
from pydantic_core import to_jsonable_python
from starlette.datastructures import Headers

from server.access.activity import LONGEST_RESULT, Activity, Kept
from server.access.clients import Client, Clients, Policy
from server.access.entries import Entry, Outcome, effect_text, redact
from server.access.limits import Limits, Quota
from server.access.oauth.metadata import challenge
from server.access.pause import Pause
from server.access.store import KEY_ENDED, require_credential
from server.access.usage import Usage
from server.address import Address
from server.context import Clock
from server.errors import (
    Conflict,
    DeskhandError,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from server.failures import to_response
from server.inside import CLIENT, OPERATION
from server.logs import redact_start
from server.operation import Effect, Operation, current_call
from server.words import fill

log = logging.getLogger(__name__)

NO_FIT = "The request did not fit."  # the answer says how
PAUSED = "You had paused all actions."
LONGEST_IDEMPOTENCY_KEY = 255
Handle = Callable[[Request], Awaitable[Response]]


@dataclass
class Decision:
    """What was decided about a call, and why, in words."""

    taken: str = ""
    reason: str = ""


class Guard:
    """Stands before every operation; the routes call `conduct`."""

    def __init__(
        self,
        clients: Clients,
        usage: Usage,
        activity: Activity,
        limits: Limits,
        pause: Pause,
        clock: Clock,
        address: Address,
    ) -> None:
        self.clients = clients
        self.usage = usage
        self.activity = activity
        self.limits = limits
        self.pause = pause
        self.clock = clock
        self._address = address

    async def conduct(self, request: Request, operation: Operation, asked: frozenset[str], handle: Handle) -> Response:
        """Take one request along the whole way. A stranger's request ends here, before its body is read."""
        if request.scope.get(OPERATION, operation.name) != operation.name:  # an argument led the path elsewhere (CVE-2026-32871)
            return to_response(NotFound())
        client = request.scope.get(CLIENT) or await self.let_in(request.headers, scope=operation.scope)
        call = Call(self, client, operation, request, asked)
        quota: Quota | None = None
        try:
            quota = await self.limits.take(client, changing=operation.changes)
            if quota and not quota.passed:
                raise TooManyRequests(
                    f"The client {client.name!r} has made its {quota.limit} calls. Go on in {quota.reset} seconds.",
                    retry_after=quota.reset,
                )
            call.check_scope()
            token = current_call.set(call)
            try:
                response = await handle(request)
            finally:
                current_call.reset(token)
        except Exception as error:  # noqa: BLE001, the edge at which every failure becomes an answer
            response = to_response(error)
        if quota is None or quota.passed or quota.first_refusal:
            response = await call.close(response)
        if self.clients.look_again(client) is None:
            ended = NotAuthenticated(f"{KEY_ENDED} What this call did stands in Deskhand's activity.")
            ended.challenge = challenge(self._address.public, "", operation.scope, wrong=True)
            response = to_response(ended)
        if quota:
            response.headers.update(quota.headers)
        return response

    async def let_in(self, headers: Headers, resource: str = "", scope: str = "") -> Client:
        """Find the client of a request, and note that it called. Raises NotAuthenticated, which says where one gets a token.

        `resource`: "/mcp" for the tools, whose tokens open nothing else. `scope`: what is needed, where that is one.
        """
        try:
            client = self.authenticate(headers, resource)
        except NotAuthenticated as error:
            error.challenge = challenge(self._address.public, resource, scope, wrong=bool(read_keys(headers)))
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


def read_keys(headers: Headers) -> set[str]:
    """Collect the keys that a request carries: `X-API-Key`, `Authorization: Bearer` or `Authorization: ApiKey`."""
    keys = set(headers.getlist("x-api-key"))
    for value in headers.getlist("authorization"):
        kind, _, key = value.strip().partition(" ")
        if kind.lower() in {"bearer", "apikey"}:
            keys.add(key.strip())
    return keys - {""}


class Call:
    """One call on its way."""

    def __init__(self, guard: Guard, client: Client, operation: Operation, request: Request, asked: frozenset[str]) -> None:
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
        self._key: str | None = None

    def refuse(self, reason: str) -> None:
        """Note why this call is not let through."""
        self._decision = Decision("refused", reason)

    async def carry_out(self, function: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
        """Decide on a validated call; then run it, or answer in its place."""
        told = {name: value for name, value in arguments.items() if name in self._asked}
        self._arguments = to_jsonable_python(told, serialize_unknown=True)
        if not self._operation.changes:
            self._check_again()
            with self._guard.activity.watching(self._entry(Outcome.running)):
                return await function(**arguments)
        digest = digest_call(self._operation, self._client, self._arguments)
        self._key = read_idempotency_key(self._request.headers)
        if self._key and (kept := await self._guard.activity.find_kept(self._client.id, self._key)):
            return self._repeat(kept, digest)
        self._check_again()
        if self._operation.preview:
            self._effect = await self._operation.preview(**arguments)
            self._check_again()
        begun = await self._begin(digest)
        if isinstance(begun, Kept):
            return self._repeat(begun, digest)
        self._begun = replace(self._entry(Outcome.running), id=begun)
        self._check_again()  # the person may have been told meanwhile that all is paused, or that this is denied
        return await function(**arguments)

    async def _begin(self, digest: str) -> int | Kept:
        require = partial(require_credential, credential=self._client.credential)
        try:
            return await self._guard.activity.begin(self._entry(Outcome.running), self._key, digest, require)
        except NotAuthenticated:
            self.refuse("Its key was ended.")
            raise

    def check_scope(self) -> None:
        """Raises Forbidden where the client lacks the operation's scope."""
        client, operation = self._client, self._operation
        if operation.scope not in client.scopes:
            self.refuse("The scope is missing.")
            raise Forbidden(
                f"The client {client.name!r} may not use {operation.name}: it lacks the scope {operation.scope}. "
                "The person at this computer can give it in Deskhand's window, under Access."
            )

    def _check_again(self) -> None:
        """While the body came, the preview was made or the row was written, the person may have changed their mind."""
        client = self._guard.clients.look_again(self._client)
        if client is None:
            self.refuse("Its key was ended.")
            raise NotAuthenticated(KEY_ENDED)
        self._client = client
        self.check_scope()
        self._check_policy()
        if self._operation.changes:
            self._check_pause()

    def _check_pause(self) -> None:
        try:
            self._guard.pause.check()
        except Unavailable:
            self.refuse(PAUSED)
            raise

    def _check_policy(self) -> None:
        name = self._operation.name
        policy = self._client.policy_for(self._operation)
        explicit = name in self._client.policies
        if policy is Policy.allow:
            self._decision = Decision("allowed", "You allowed it." if explicit else "Reading is allowed.")
        elif policy is Policy.deny:
            self.refuse("You denied it to this client.")
            raise Forbidden(f"The person at this computer has switched {name} off for {self._client.name!r}.")
        else:
            self.refuse("It has to be allowed first.")
            raise Forbidden(
                f"{name} changes something, so the person at this computer has to allow it first. "
                f"They do that in Deskhand's window, under Access, or with: deskhand clients allow {self._client.name} {name}"
            )

    def _repeat(self, kept: Kept, digest: str) -> Response:
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
        if kept.status is None or kept.body is None:
            raise Conflict("This call is running still. Ask again in a moment.", retry_after=1)
        kind = "application/json" if kept.status < 400 else "application/problem+json"
        return Response(kept.body, kept.status, {"Idempotent-Replayed": "true"}, media_type=kind)

    async def close(self, response: Response) -> Response:
        """Write down how it ended. The answer goes out only after this is stored."""
        body = bytes(response.body).decode("utf-8", "replace")
        try:
            if self._begun:
                entry = replace(self._entry(self._outcome(response), response), id=self._begun.id)
                await self._guard.activity.end(entry, self._key, body)
            else:
                await self._guard.activity.add(self._entry(self._outcome(response), response))
        except DeskhandError as error:
            log.exception("The activity could not be written.")
            error.detail += " The call itself was made." if self._begun and not self._was_refused else " Nothing was done."
            return to_response(error)
        return response

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
            sentence=self._effect.sentence if self._effect else fill(operation.phrases, self._arguments),
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


def digest_call(operation: Operation, client: Client, arguments: Mapping[str, Any]) -> str:
    """Hash a call by what it means: spelling, order and white space do not matter."""
    canonical = json.dumps([operation.name, client.id, arguments], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def read_idempotency_key(headers: Headers) -> str | None:
    """Read the Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). Raises InvalidInput for one too long."""
    key = headers.get("idempotency-key", "").strip()
    if len(key) > LONGEST_IDEMPOTENCY_KEY:
        raise InvalidInput(f"An Idempotency-Key has at most {LONGEST_IDEMPOTENCY_KEY} characters.")
    return key or None


def shorten(response: Response) -> str:
    """The answer as the activity keeps it: its secrets out, its end cut off."""
    return redact_start(bytes(response.body).decode("utf-8", "replace"), LONGEST_RESULT)
