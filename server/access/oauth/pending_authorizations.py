"""Authorization requests that wait for the person. They are in memory: a waiting browser does not outlast this program."""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import NoReturn

from server.access.activity.entry import Entry
from server.access.approvals.responses import say_no
from server.access.oauth.capacity import DeniedBrowsers, choose_digits, choose_evicted
from server.access.oauth.client_names import name_client
from server.access.oauth.models import OAuthSettings
from server.access.oauth.pending_authorization import Decision, PendingAuthorization, describe, make_entry
from server.access.oauth.request_context import AuthorizationRequest, FormParams
from server.access.oauth.scopes import describe_scope
from server.core.clock import Clock, has_passed
from server.core.credentials import digest, is_same
from server.core.errors import DeskhandError, Forbidden, InvalidInput, NotFound
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, ApprovalRequests

FOUR_DIGITS = re.compile("[0-9]{4}")
MOST_TRIES = 5
MOST_SHOWN = 5  # pending requests of one client
QUIET = timedelta(seconds=30)  # between two notifications about unknown clients
GONE = "This sign-in is no longer pending. Start it again in the browser."
LAST_WRONG = "Five wrong codes were entered."
DENIED = "The person at this computer denied this sign-in. Try again in {minutes}."
OTHER_REQUEST = (
    "This code belongs to another sign-in of this app, with other permissions. Check that one, and enter the code there."
)
SEVERAL = "{count} browsers want to sign in as this app. Only the one whose code you enter is allowed."
Record = Callable[[Entry], Awaitable[object]]  # adds an entry to the activity


@dataclass(frozen=True)
class Visitor:
    """The browser of a request. `cookie`: by which it is known again, empty if it sent none. `source`: its network address."""

    cookie: str = ""
    source: str = ""

    @property
    def browser(self) -> bytes:
        """Hash of its cookie; empty if it sent none."""
        return digest(self.cookie) if self.cookie else b""


UNKNOWN = Visitor()


class PendingAuthorizations:
    """Source of the questions about sign-ins. Several of one client may wait, each with its own digits.

    A stranger may know a client_id, such as ChatGPT's, so their requests neither refuse the person's own nor hide it: it is
    added whatever waits already, and its digits are accepted at any request that asks for the same. A decided request stays
    until its browser has fetched the response.
    """

    prefix = "signin"

    def __init__(
        self, questions: ApprovalRequests, clock: Clock, record: Record, labels: Callable[[], Mapping[str, str]]
    ) -> None:
        self._questions, self._clock, self._record = questions, clock, record
        self._waiting: dict[str, PendingAuthorization] = {}
        self._notified_at: datetime | None = None
        self._denied = DeniedBrowsers(clock)
        self._labels = labels

    def add(
        self, request: AuthorizationRequest, params: FormParams, address: str, settings: OAuthSettings, visitor: Visitor = UNKNOWN
    ) -> tuple[PendingAuthorization, str]:
        """Add a request, in place of an earlier one of the same browser. Answers it, and the cookie for its page."""
        self._prune()
        now, cookie, labels = self._clock.now(), secrets.token_urlsafe(32), self._labels()
        waiting = self._make_room(request, visitor.browser, settings.gone_seconds)
        same = [pending.digits for pending in waiting if pending.client_id == request.registration.id]
        pending = PendingAuthorization(
            id=f"{self.prefix}-{secrets.token_hex(8)}",
            cookie=digest(cookie),
            digits=choose_digits(same),
            request=request,
            params=params,
            address=address,
            asked_at=now,
            expires_at=now + timedelta(seconds=settings.waiting_seconds),
            browser=visitor.browser,
            source=visitor.source,
            permissions=tuple(describe_scope(scope, labels) for scope in request.scopes),
        )
        self._waiting[pending.id] = pending
        self._notify(pending, again=bool(same))
        return pending, cookie

    def require_not_denied(self, visitor: Visitor, settings: OAuthSettings) -> None:
        """Raises Forbidden for a browser that the person denied lately."""
        left = self._denied.seconds_left(visitor.browser, settings.denied_seconds)
        if left:
            minutes = max(1, ceil(left / 60))
            raise Forbidden(DENIED.format(minutes="1 minute" if minutes == 1 else f"{minutes} minutes"))

    def _make_room(self, request: AuthorizationRequest, browser: bytes, gone_seconds: float) -> list[PendingAuthorization]:
        """Evict what gives way to a new request. Answers all that wait then."""
        waiting = self._list_waiting()
        again = [p for p in waiting if browser and p.browser == browser and p.client_id == request.registration.id]
        evicted = choose_evicted(waiting, request, self._clock.now(), timedelta(seconds=gone_seconds))
        for pending in again or ([evicted] if evicted else []):
            del self._waiting[pending.id]
        return self._list_waiting()

    def _list_waiting(self) -> list[PendingAuthorization]:
        return [pending for pending in self._waiting.values() if pending.decision is Decision.waiting]

    def find(self, sign_in_id: str, cookie: str) -> PendingAuthorization | None:
        """Find the request of a browser; None for any other browser, and when it is over."""
        self._prune()
        pending = self._waiting.get(sign_in_id)
        if pending is None or not is_same(cookie, pending.cookie):
            return None
        if pending.polled_at is None:
            self._questions.publish_change()  # now its digits are shown, it is listed
        pending.polled_at = self._clock.now()
        return pending

    def take(self, pending: PendingAuthorization) -> bool:
        """Remove a request, so that it is finished once. Answers False if it was removed before."""
        return self._waiting.pop(pending.id, None) is not None

    def put_back(self, pending: PendingAuthorization) -> None:
        """Add a request again that could not be finished."""
        self._waiting[pending.id] = pending

    def list_client_ids(self) -> set[str]:
        """List the client_ids of the pending requests."""
        self._prune()
        return {pending.request.registration.id for pending in self._waiting.values()}

    def end(self, client_id: str | None) -> None:
        """Remove the requests of a client, or all if None.

        An approved one of an app that was unknown goes too: another browser of the app may have made it this client since.
        """
        for pending in list(self._waiting.values()):
            client, approved = pending.request.client, pending.decision is Decision.approved
            if client_id is None or (client.id == client_id if client else approved):
                del self._waiting[pending.id]
        self._questions.publish_change()

    async def list_requests(self) -> list[ApprovalRequest]:
        self._prune()
        waiting = self._list_waiting()
        clients = dict.fromkeys(pending.client_id for pending in waiting)
        return [request for client_id in clients for request in describe_all([p for p in waiting if p.client_id == client_id])]

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        pending = self._find(question_id)
        if extent is not ApprovalDuration.once:
            raise InvalidInput("A sign-in can only be allowed once. Set the permissions of the app under Access.")
        typed = "".join((code or "").split())
        if not FOUR_DIGITS.fullmatch(typed):
            raise InvalidInput("Enter the 4-digit code that the browser shows.")
        pending = await self._find_by_digits(pending, typed)
        try:
            await self._decide(pending, Decision.approved, "You entered the code that its browser showed.")
        except DeskhandError:  # an approval that is reported as failed must not take effect later
            pending.decision = Decision.waiting
            raise
        return f"Sign-in of {name_client(pending.request)} allowed. The browser continues automatically."

    async def deny(self, question_id: str, reason: str) -> str:
        pending = self._find(question_id)
        pending.reason = reason
        if pending.browser:
            self._denied.add(pending.browser)
        await self._decide(pending, Decision.denied, say_no(reason)[1])
        return f"Sign-in of {name_client(pending.request)} denied."

    async def _find_by_digits(self, pending: PendingAuthorization, typed: str) -> PendingAuthorization:
        """Find the request of the same client whose browser shows these digits. Raises InvalidInput if there is none.

        The person need not find out which of several is theirs. One that asks for something else is shown to them first.
        """
        same = [other for other in self._list_waiting() if other.client_id == pending.client_id]
        matching = [other for other in same if hmac.compare_digest(typed, other.digits)]
        if not matching:
            await self._count_wrong(pending)
        if not matching[0].asks_the_same(pending):
            matching[0].found_by_digits = True
            self._questions.publish_change()
            raise InvalidInput(OTHER_REQUEST)
        return matching[0]

    async def _decide(self, pending: PendingAuthorization, decision: Decision, reason: str) -> None:
        """Set the decision, and record it in the activity."""
        pending.decision = decision
        await self._record(make_entry(pending, reason, self._clock.now()))

    async def _count_wrong(self, pending: PendingAuthorization) -> NoReturn:
        pending.tries += 1
        if pending.tries >= MOST_TRIES:
            pending.reason = LAST_WRONG
            await self._decide(pending, Decision.denied, LAST_WRONG)
            self._questions.publish_change()
            raise InvalidInput(f"{LAST_WRONG} This sign-in is over. Start it again in the browser.")
        left = MOST_TRIES - pending.tries
        raise InvalidInput(f"Wrong code. {left} {'try' if left == 1 else 'tries'} left.")

    def _find(self, question_id: str) -> PendingAuthorization:
        self._prune()
        pending = self._waiting.get(question_id)
        if pending is None or pending.decision is not Decision.waiting:
            raise NotFound(GONE)
        return pending

    def _prune(self) -> None:
        now = self._clock.now()
        expired = [pending.id for pending in self._waiting.values() if pending.expires_at <= now]
        for sign_in_id in expired:
            del self._waiting[sign_in_id]
        if expired:
            self._questions.publish_change()

    def _notify(self, pending: PendingAuthorization, *, again: bool) -> None:
        """Notify the person, of unknown clients at most once in QUIET."""
        soon = self._notified_at is not None and not has_passed(QUIET, self._notified_at, pending.asked_at)
        if again or (pending.is_unknown and soon):
            self._questions.publish_change()
            return
        if pending.is_unknown:
            self._notified_at = pending.asked_at
        self._questions.notify(describe(pending))


def describe_all(waiting: Sequence[PendingAuthorization]) -> list[ApprovalRequest]:
    """Describe the pending requests of one client, oldest first.

    Digits that no browser has shown are typed by nobody, so such a request is left out unless it is the newest.
    """
    shown = [pending for pending in waiting if pending.polled_at or pending is waiting[-1]]
    note = (("Waiting", SEVERAL.format(count=len(shown))),) if len(shown) > 1 else ()
    newest = sorted(shown, key=lambda pending: pending.found_by_digits)[-MOST_SHOWN:]
    return [replace(request, fields=(*request.fields, *note)) for request in map(describe, newest)]
