"""Sign-ins that wait for the person. They live in memory: a browser that waits does not outlast this program."""

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
from server.access.oauth.client_names import name_program, spell_name
from server.access.oauth.models import Kind, OAuthSettings
from server.access.oauth.request_context import Asked, Pairs
from server.access.oauth.scopes import describe_scopes
from server.access.oauth.tokens import digest, is_same
from server.core.clock import Clock
from server.core.errors import Conflict, InvalidInput, NotFound
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, ApprovalRequests
from server.sdk.approval_requests import Kind as Subject
from server.sdk.operation import Effect

FOUR_DIGITS = re.compile("[0-9]{4}")
MOST_TRIES = 5
MOST_STRANGERS = 5  # that wait at once
SENTENCE = "sign in to Deskhand"
QUIET = timedelta(seconds=30)  # between two notifications about strangers
GONE = "This sign-in does not wait any more. Begin it again in the browser."
LAST_WRONG = "Five wrong codes were typed."
SAME_WAITS = "Another sign-in of this program waits already. If it is not yours, say no to it in Deskhand."
CROWDED = "Too many programs that are new here wait already. Say no in Deskhand to those that are not yours."
Note = Callable[[Entry], Awaitable[object]]  # writes a line of the activity


class Verdict(StrEnum):
    """What became of a sign-in."""

    waiting = "waiting"
    approved = "approved"
    denied = "denied"


@dataclass
class SignIn:
    """One sign-in. The digits are shown by the browser that began it and by nobody else; `cookie`: what only that one has."""

    id: str
    cookie: bytes = field(repr=False)
    digits: str = field(repr=False)
    asked: Asked
    pairs: Pairs = field(repr=False)
    address: str
    asked_at: datetime
    expires_at: datetime
    tries: int = 0
    looked_at: datetime | None = None
    verdict: Verdict = Verdict.waiting
    reason: str = ""
    permissions: tuple[str, ...] = ()

    @property
    def is_stranger(self) -> bool:
        """Whether the person has never let this program in, nor made it."""
        return self.asked.client is None

    @property
    def is_from_known_site(self) -> bool:
        """Whether only ChatGPT or Claude can have made it up."""
        return is_from_known_site(self.asked)

    @property
    def moved(self) -> bool:
        """Whether the program was let in before, and was answered elsewhere then."""
        registration = self.asked.registration
        known = redirect_uris.is_among(self.asked.callback, registration.callbacks, any_port=registration.secret_hash is None)
        return bool(registration.callbacks) and not known


class SignIns:
    """One waiting sign-in for each program. While its browser shows the digits, no other takes its place: whoever knows a
    program's id, and ChatGPT's is known to everybody, could end the person's own that way.

    Programs that nobody knows share a few places, so that they can crowd out each other and nobody else. What the person has
    decided on holds no place, and stays until its browser has fetched the answer.
    """

    prefix = "signin"

    def __init__(self, questions: ApprovalRequests, clock: Clock, note: Note, labels: Callable[[], Mapping[str, str]]) -> None:
        self._questions, self._clock, self._note = questions, clock, note
        self._waiting: dict[str, SignIn] = {}
        self._told: datetime | None = None
        self._labels = labels

    def add(self, asked: Asked, pairs: Pairs, address: str, settings: OAuthSettings) -> tuple[SignIn, str]:
        """Let one wait. Answers it, and the cookie for its browser. Raises Conflict while its place is taken."""
        self._forget_old()
        again = self._make_room(asked, timedelta(seconds=settings.gone_seconds))
        now, cookie = self._clock.now(), secrets.token_urlsafe(32)
        made = SignIn(
            id=f"{self.prefix}-{secrets.token_hex(8)}",
            cookie=digest(cookie),
            digits=f"{secrets.randbelow(10_000):04}",
            asked=asked,
            pairs=pairs,
            address=address,
            asked_at=now,
            expires_at=now + timedelta(seconds=settings.waiting_seconds),
            permissions=tuple(describe_scopes(asked.scopes, self._labels())),
        )
        self._waiting[made.id] = made
        self._notify(made, again=again)
        return made, cookie

    def _make_room(self, asked: Asked, gone: timedelta) -> bool:
        """Have one give way whose browser is gone. Answers whether it was of the same program. Raises Conflict."""
        waiting = [one for one in self._waiting.values() if one.verdict is Verdict.waiting]
        same = [one for one in waiting if one.asked.registration.id == asked.registration.id]
        strangers = [one for one in waiting if one.is_stranger and one.is_from_known_site == is_from_known_site(asked)]
        full = asked.client is None and len(strangers) >= MOST_STRANGERS
        never = datetime.min.replace(tzinfo=UTC)  # what only looked whether there is a sign-in shows nobody its digits
        if crowd := same or (strangers if full else []):
            oldest = min(crowd, key=lambda one: one.looked_at or never)
            if oldest.looked_at and self._clock.now() - oldest.looked_at < gone:
                ends = min(one.expires_at for one in crowd) - self._clock.now()
                raise Conflict(f"{SAME_WAITS if same else CROWDED} {tell_end(ends)}")
            del self._waiting[oldest.id]
        return bool(same)

    def look(self, sign_in_id: str, cookie: str) -> SignIn | None:
        """Find one for the browser that began it; None for any other, and when it is over."""
        self._forget_old()
        found = self._waiting.get(sign_in_id)
        if found is None or not is_same(cookie, found.cookie):
            return None
        found.looked_at = self._clock.now()
        return found

    def take(self, one: SignIn) -> bool:
        """Take one out, so that it is played once; False if it was taken already."""
        return self._waiting.pop(one.id, None) is not None

    def put_back(self, one: SignIn) -> None:
        """Have one wait again that could not be played."""
        self._waiting[one.id] = one

    def list_programs(self) -> set[str]:
        """The ids of the programs that wait."""
        self._forget_old()
        return {one.asked.registration.id for one in self._waiting.values()}

    def end(self, client_id: str | None) -> None:
        """End those of a client, or all."""
        for one in list(self._waiting.values()):
            if client_id is None or (one.asked.client and one.asked.client.id == client_id):
                del self._waiting[one.id]
        self._questions.publish_change()

    async def list_requests(self) -> list[ApprovalRequest]:
        self._forget_old()
        return [describe(one) for one in self._waiting.values() if one.verdict is Verdict.waiting]

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        found = self._find(question_id)
        if extent is not ApprovalDuration.once:
            raise InvalidInput("A sign-in is allowed once. What the program may do then, you say under Access.")
        typed = "".join((code or "").split())
        if not FOUR_DIGITS.fullmatch(typed):
            raise InvalidInput("Type the four digits that the browser shows.")
        if not hmac.compare_digest(typed, found.digits):
            await self._count_wrong(found)
        await self._decide(found, Verdict.approved, "You typed the digits that its browser showed.")
        return f"{name_program(found.asked)} is let in. The browser goes on by itself."

    async def deny(self, question_id: str, reason: str) -> str:
        found = self._find(question_id)
        found.reason = reason
        await self._decide(found, Verdict.denied, say_no(reason)[1])
        return f"{name_program(found.asked)} is not let in."

    async def _decide(self, one: SignIn, verdict: Verdict, reason: str) -> None:
        """Let a sign-in be decided, and note it in the activity."""
        one.verdict = verdict
        await self._note(enter(one, reason, self._clock.now()))

    async def _count_wrong(self, one: SignIn) -> None:
        one.tries += 1
        if one.tries >= MOST_TRIES:
            one.reason = LAST_WRONG
            await self._decide(one, Verdict.denied, LAST_WRONG)
            self._questions.publish_change()
            raise InvalidInput(f"{LAST_WRONG} This sign-in is over. Begin it again in the browser.")
        left = MOST_TRIES - one.tries
        raise InvalidInput(f"These are not the digits that the browser shows. {left} {'try' if left == 1 else 'tries'} left.")

    def _find(self, question_id: str) -> SignIn:
        self._forget_old()
        found = self._waiting.get(question_id)
        if found is None or found.verdict is not Verdict.waiting:
            raise NotFound(GONE)
        return found

    def _forget_old(self) -> None:
        now = self._clock.now()
        over = [one.id for one in self._waiting.values() if one.expires_at <= now]
        for one in over:
            del self._waiting[one]
        if over:
            self._questions.publish_change()

    def _notify(self, one: SignIn, *, again: bool) -> None:
        """Tell the person; once in a while only, where strangers knock."""
        soon = self._told is not None and one.asked_at - self._told < QUIET
        if again or (one.is_stranger and soon):
            self._questions.publish_change()
            return
        if one.is_stranger:
            self._told = one.asked_at
        self._questions.notify(describe(one))


def is_from_known_site(asked: Asked) -> bool:
    """Whether a program is told of by ChatGPT or Claude: such strangers are not crowded out by others."""
    return redirect_uris.find_known_host(asked.registration.id) is not None


def tell_end(left: timedelta) -> str:
    """Say how long somebody has to wait at most."""
    minutes = max(1, ceil(left.total_seconds() / 60))
    return f"It ends in {minutes} minute{'s' if minutes > 1 else ''} at most."


def describe_origin(asked: Asked) -> str:
    """Where a program is from, which it cannot make up."""
    registration = asked.registration
    if registration.kind is Kind.own:
        return "Made here, by you"
    if registration.kind is Kind.document:
        return registration.id
    return f"It registered itself here on {registration.created_at[:10]}, and could call itself anything"


def describe_name(asked: Asked) -> str:
    """What a program calls itself; of one that the person made, what they call it."""
    called = spell_name(asked.registration.name)
    return called if asked.registration.kind is Kind.own else f"It calls itself “{called}”" if called else "It does not say"


def describe(one: SignIn) -> ApprovalRequest:
    """A sign-in as the person is asked, without the digits."""
    asked = one.asked
    reach = "its tools, at " if asked.resource else ""
    fields = [
        ("Program", describe_name(asked)),
        ("Known by", describe_origin(asked)),
        ("Answer goes to", asked.callback),
        ("What it may do", "\n".join(one.permissions)),
        ("Reached at", f"{reach}{one.address}{asked.resource}"),
    ]
    if one.moved:
        before = "\n".join(("Another callback than before. Before:", *asked.registration.callbacks))
        fields.append(("Note", before))
    return ApprovalRequest(
        id=one.id,
        kind=Subject.sign_in,
        client=name_program(asked),
        sentence=SENTENCE,
        asked_at=one.asked_at.isoformat(),
        expires_at=one.expires_at.isoformat(),
        fields=tuple(fields),
        wants_code=True,
    )


def enter(one: SignIn, reason: str, now: datetime) -> Entry:
    """How a sign-in was decided, as the activity tells it."""
    approved = one.verdict is Verdict.approved
    return Entry(
        at=now.isoformat(),
        client_id=one.asked.client.id if one.asked.client else None,
        client_name=name_program(one.asked),
        operation="sign_in",
        sentence=SENTENCE,
        changes=True,
        decision="allowed" if approved else "denied",
        reason=reason,
        outcome=Outcome.done if approved else Outcome.refused,
        effect=effect_text(Effect(SENTENCE, describe(one).fields)),
    )
