"""Authorization requests that wait for the person. They are in memory: a waiting browser does not outlast this program."""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil

from server.access.activity.entry import Entry, Outcome, effect_text
from server.access.approvals.responses import say_no
from server.access.oauth import redirect_uris
from server.access.oauth.client_names import name_client, spell_name
from server.access.oauth.models import Kind, OAuthSettings
from server.access.oauth.request_context import AuthorizationRequest, FormParams
from server.access.oauth.scopes import describe_scope
from server.access.oauth.tokens import digest, is_same
from server.core.clock import Clock
from server.core.errors import Conflict, InvalidInput, NotFound
from server.core.sentences import Sentence
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, ApprovalRequests
from server.sdk.approval_requests import Kind as Subject
from server.sdk.operation import Effect

FOUR_DIGITS = re.compile("[0-9]{4}")
MOST_TRIES = 5
MOST_UNKNOWN = 5  # pending requests of unknown clients
SENTENCE = Sentence("sign in to Deskhand", "is signing in to Deskhand", "signed in to Deskhand", "could not sign in to Deskhand")
QUIET = timedelta(seconds=30)  # between two notifications about unknown clients
GONE = "This sign-in does not wait any more. Begin it again in the browser."
LAST_WRONG = "Five wrong codes were typed."
SAME_WAITS = "Another sign-in of this program waits already. If it is not yours, say no to it in Deskhand."
CROWDED = "Too many programs that are new here wait already. Say no in Deskhand to those that are not yours."
Record = Callable[[Entry], Awaitable[object]]  # adds an entry to the activity


class Decision(StrEnum):
    """Decision on an authorization request."""

    waiting = "waiting"
    approved = "approved"
    denied = "denied"


@dataclass
class PendingAuthorization:
    """A pending request. Only the browser that began it shows the digits; `cookie`: hash of the secret that identifies it."""

    id: str
    cookie: bytes = field(repr=False)
    digits: str = field(repr=False)
    request: AuthorizationRequest
    params: FormParams = field(repr=False)
    address: str
    asked_at: datetime
    expires_at: datetime
    tries: int = 0
    polled_at: datetime | None = None
    decision: Decision = Decision.waiting
    reason: str = ""
    permissions: tuple[str, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Return whether the person has neither let in nor created this client."""
        return self.request.client is None

    @property
    def moved(self) -> bool:
        """Return whether the client was let in before, with another redirect_uri."""
        registration = self.request.registration
        known = redirect_uris.is_among(self.request.callback, registration.callbacks, any_port=registration.secret_hash is None)
        return bool(registration.callbacks) and not known


class PendingAuthorizations:
    """Source of the questions about sign-ins: one pending request for each client.

    While its browser polls, no other request replaces it: otherwise a stranger with a known client_id, such as ChatGPT's,
    could end the person's own request. Unknown clients share MOST_UNKNOWN places. A decided request takes no place, and stays
    until its browser has fetched the response.
    """

    prefix = "signin"

    def __init__(
        self, questions: ApprovalRequests, clock: Clock, record: Record, labels: Callable[[], Mapping[str, str]]
    ) -> None:
        self._questions, self._clock, self._record = questions, clock, record
        self._waiting: dict[str, PendingAuthorization] = {}
        self._notified_at: datetime | None = None
        self._labels = labels

    def add(
        self, request: AuthorizationRequest, params: FormParams, address: str, settings: OAuthSettings
    ) -> tuple[PendingAuthorization, str]:
        """Add a request. Answers it, and the cookie for its browser. Raises Conflict while its place is taken."""
        self._prune()
        again = self._make_room(request, timedelta(seconds=settings.gone_seconds))
        now, cookie, labels = self._clock.now(), secrets.token_urlsafe(32), self._labels()
        pending = PendingAuthorization(
            id=f"{self.prefix}-{secrets.token_hex(8)}",
            cookie=digest(cookie),
            digits=f"{secrets.randbelow(10_000):04}",
            request=request,
            params=params,
            address=address,
            asked_at=now,
            expires_at=now + timedelta(seconds=settings.waiting_seconds),
            permissions=tuple(describe_scope(scope, labels) for scope in request.scopes),
        )
        self._waiting[pending.id] = pending
        self._notify(pending, again=again)
        return pending, cookie

    def _make_room(self, request: AuthorizationRequest, gone: timedelta) -> bool:
        """Evict a request whose browser disconnected. Answers whether it was of the same client. Raises Conflict."""
        waiting = [pending for pending in self._waiting.values() if pending.decision is Decision.waiting]
        same = [pending for pending in waiting if pending.request.registration.id == request.registration.id]
        known_site = is_from_known_site(request)
        unknown = [pending for pending in waiting if pending.is_unknown and is_from_known_site(pending.request) == known_site]
        full = request.client is None and len(unknown) >= MOST_UNKNOWN
        never = datetime.min.replace(tzinfo=UTC)  # no browser has shown its digits
        if crowd := same or (unknown if full else []):
            oldest = min(crowd, key=lambda pending: pending.polled_at or never)
            if oldest.polled_at and self._clock.now() - oldest.polled_at < gone:
                left = min(pending.expires_at for pending in crowd) - self._clock.now()
                minutes = max(1, ceil(left.total_seconds() / 60))
                ends = f"It ends in {minutes} minute{'s' if minutes > 1 else ''} at most."
                raise Conflict(f"{SAME_WAITS if same else CROWDED} {ends}")
            del self._waiting[oldest.id]
        return bool(same)

    def find(self, sign_in_id: str, cookie: str) -> PendingAuthorization | None:
        """Find the request of a browser; None for any other browser, and when it is over."""
        self._prune()
        pending = self._waiting.get(sign_in_id)
        if pending is None or not is_same(cookie, pending.cookie):
            return None
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
        """Remove the requests of a client, or all if None."""
        for pending in list(self._waiting.values()):
            if client_id is None or (pending.request.client and pending.request.client.id == client_id):
                del self._waiting[pending.id]
        self._questions.publish_change()

    async def list_requests(self) -> list[ApprovalRequest]:
        self._prune()
        return [describe(pending) for pending in self._waiting.values() if pending.decision is Decision.waiting]

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        pending = self._find(question_id)
        if extent is not ApprovalDuration.once:
            raise InvalidInput("A sign-in is allowed once. What the program may do then, you say under Access.")
        typed = "".join((code or "").split())
        if not FOUR_DIGITS.fullmatch(typed):
            raise InvalidInput("Type the four digits that the browser shows.")
        if not hmac.compare_digest(typed, pending.digits):
            await self._count_wrong(pending)
        await self._decide(pending, Decision.approved, "You typed the digits that its browser showed.")
        return f"{name_client(pending.request)} is let in. The browser goes on by itself."

    async def deny(self, question_id: str, reason: str) -> str:
        pending = self._find(question_id)
        pending.reason = reason
        await self._decide(pending, Decision.denied, say_no(reason)[1])
        return f"{name_client(pending.request)} is not let in."

    async def _decide(self, pending: PendingAuthorization, decision: Decision, reason: str) -> None:
        """Set the decision, and record it in the activity."""
        pending.decision = decision
        await self._record(make_entry(pending, reason, self._clock.now()))

    async def _count_wrong(self, pending: PendingAuthorization) -> None:
        pending.tries += 1
        if pending.tries >= MOST_TRIES:
            pending.reason = LAST_WRONG
            await self._decide(pending, Decision.denied, LAST_WRONG)
            self._questions.publish_change()
            raise InvalidInput(f"{LAST_WRONG} This sign-in is over. Begin it again in the browser.")
        left = MOST_TRIES - pending.tries
        raise InvalidInput(f"These are not the digits that the browser shows. {left} {'try' if left == 1 else 'tries'} left.")

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
        soon = self._notified_at is not None and pending.asked_at - self._notified_at < QUIET
        if again or (pending.is_unknown and soon):
            self._questions.publish_change()
            return
        if pending.is_unknown:
            self._notified_at = pending.asked_at
        self._questions.notify(describe(pending))


def is_from_known_site(request: AuthorizationRequest) -> bool:
    """Return whether a client's metadata is on a host of ChatGPT or Claude; these are counted apart."""
    return redirect_uris.find_known_host(request.registration.id) is not None


def describe_origin(request: AuthorizationRequest) -> str:
    """Verified origin of a client."""
    registration = request.registration
    if registration.kind is Kind.own:
        return "Made here, by you"
    if registration.kind is Kind.document:
        return registration.id
    return f"It registered itself here on {registration.created_at[:10]}, and could call itself anything"


def describe(pending: PendingAuthorization) -> ApprovalRequest:
    """ApprovalRequest about a pending request, without the digits."""
    request, called = pending.request, spell_name(pending.request.registration.name)
    own = request.registration.kind is Kind.own  # then the person gave it its name
    reach = "its tools, at " if request.resource else ""
    fields = [
        ("Program", called if own else f"It calls itself “{called}”" if called else "It does not say"),
        ("Known by", describe_origin(request)),
        ("Answer goes to", request.callback),
        ("What it may do", "\n".join(pending.permissions)),
        ("Reached at", f"{reach}{pending.address}{request.resource}"),
    ]
    if pending.moved:
        before = "\n".join(("Another callback than before. Before:", *request.registration.callbacks))
        fields.append(("Note", before))
    return ApprovalRequest(
        id=pending.id,
        kind=Subject.sign_in,
        client=name_client(request),
        sentence=SENTENCE,
        asked_at=pending.asked_at.isoformat(),
        expires_at=pending.expires_at.isoformat(),
        fields=tuple(fields),
        wants_code=True,
    )


def make_entry(pending: PendingAuthorization, reason: str, now: datetime) -> Entry:
    """Entry of a decided request in the activity."""
    approved = pending.decision is Decision.approved
    return Entry(
        at=now.isoformat(),
        client_id=pending.request.client.id if pending.request.client else None,
        client_name=name_client(pending.request),
        operation="sign_in",
        sentence=SENTENCE,
        changes=True,
        decision="allowed" if approved else "denied",
        reason=reason,
        outcome=Outcome.done if approved else Outcome.refused,
        effect=effect_text(Effect(SENTENCE, describe(pending).fields)),
    )
