"""Sign-ins that wait for the person. They live in memory: a browser that waits does not outlast this program."""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from server.access.oauth import callbacks
from server.access.oauth.models import Kind
from server.access.oauth.scopes import describe_scopes
from server.access.oauth.secrets import digest, is_same
from server.access.oauth.terms import Asked, Pairs
from server.context import Clock
from server.errors import InvalidInput, NotFound
from server.questions import Extent, Question, Questions
from server.questions import Kind as Subject
from server.words import shorten

MOST_TRIES = 5
MOST_STRANGERS = 5  # that wait at once; the oldest gives way
QUIET = timedelta(seconds=30)  # between two notifications about strangers
GONE = "This sign-in does not wait any more. Begin it again in the browser."
LAST_WRONG = "Five wrong codes were typed."


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
    verdict: Verdict = Verdict.waiting
    reason: str = ""

    @property
    def is_stranger(self) -> bool:
        """Whether the person has never let this program in, nor made it."""
        return self.asked.client is None

    @property
    def moved(self) -> bool:
        """Whether the program was let in before, and was answered elsewhere then."""
        registration = self.asked.registration
        known = callbacks.is_among(self.asked.callback, registration.callbacks, any_port=registration.secret_hash is None)
        return bool(registration.callbacks) and not known


class SignIns:
    """One waiting sign-in for each program. A newer one takes the place of the older: the person has begun again.

    Only who knows a program's id can do that, and the ids of those that were made here or let in are known to no stranger.
    Programs that nobody knows share a few places, so that they can crowd out each other and nobody else.
    """

    prefix = "signin"

    def __init__(self, questions: Questions, clock: Clock) -> None:
        self._questions, self._clock = questions, clock
        self._waiting: dict[str, SignIn] = {}
        self._told: datetime | None = None

    def add(self, asked: Asked, pairs: Pairs, address: str, seconds: float) -> tuple[SignIn, str]:
        """Let one wait. Answers it, and the cookie for its browser."""
        self._forget_old()
        before = [one.id for one in self._waiting.values() if one.asked.registration.id == asked.registration.id]
        strangers = [one.id for one in self._waiting.values() if one.is_stranger and one.id not in before]
        gone = before + (strangers[: max(0, len(strangers) + 1 - MOST_STRANGERS)] if asked.client is None else [])
        for one in gone:
            del self._waiting[one]
        now, cookie = self._clock.now(), secrets.token_urlsafe(32)
        made = SignIn(
            id=f"{self.prefix}-{secrets.token_hex(8)}",
            cookie=digest(cookie),
            digits=f"{secrets.randbelow(10_000):04}",
            asked=asked,
            pairs=pairs,
            address=address,
            asked_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
        self._waiting[made.id] = made
        self._notify(made, again=bool(before))
        return made, cookie

    def look(self, sign_in_id: str, cookie: str) -> SignIn | None:
        """Find one for the browser that began it; None for any other, and when it is over."""
        self._forget_old()
        found = self._waiting.get(sign_in_id)
        return found if found and is_same(cookie, found.cookie) else None

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
        self._questions.tell_changed()

    async def list_questions(self) -> list[Question]:
        self._forget_old()
        return [describe(one) for one in self._waiting.values() if one.verdict is Verdict.waiting]

    async def approve(self, question_id: str, extent: Extent, code: str | None) -> str:
        found = self._find(question_id)
        if extent is not Extent.once:
            raise InvalidInput("A sign-in is allowed once. What the program may do then, you say under Access.")
        typed = "".join((code or "").split())
        if not typed:
            raise InvalidInput("Type the four digits that the browser shows.")
        if not hmac.compare_digest(typed.encode("utf-8", "replace"), found.digits.encode()):
            self._count_wrong(found)
        found.verdict = Verdict.approved
        return f"{name_program(found.asked)} is let in. The browser goes on by itself."

    async def deny(self, question_id: str, reason: str) -> str:
        found = self._find(question_id)
        found.verdict, found.reason = Verdict.denied, reason
        return f"{name_program(found.asked)} is not let in."

    def _count_wrong(self, one: SignIn) -> None:
        one.tries += 1
        if one.tries >= MOST_TRIES:
            one.verdict, one.reason = Verdict.denied, LAST_WRONG
            self._questions.tell_changed()
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
            self._questions.tell_changed()

    def _notify(self, one: SignIn, *, again: bool) -> None:
        """Tell the person; once in a while only, where strangers knock."""
        soon = self._told is not None and one.asked_at - self._told < QUIET
        if again or (one.is_stranger and soon):
            self._questions.tell_changed()
            return
        if one.is_stranger:
            self._told = one.asked_at
        self._questions.notify(describe(one))


def name_program(asked: Asked) -> str:
    """A program's name for the person; of one that nobody knows, what it calls itself."""
    return asked.client.name if asked.client else shorten(asked.registration.name) or "A program"


def describe_origin(asked: Asked) -> str:
    """Where a program is from, which it cannot make up."""
    registration = asked.registration
    if registration.kind is Kind.own:
        return "Made here, by you"
    if registration.kind is Kind.document:
        return registration.id
    return f"It registered itself here on {registration.created_at[:10]}, and could call itself anything"


def describe(one: SignIn) -> Question:
    """A sign-in as the person is asked, without the digits."""
    asked = one.asked
    reach = "its tools, at " if asked.resource else ""
    fields = [
        ("Program", shorten(asked.registration.name) or "It does not say"),
        ("Known by", describe_origin(asked)),
        ("Answer goes to", asked.callback),
        ("What it may do", "\n".join(describe_scopes(asked.scopes))),
        ("Reached at", f"{reach}{one.address}{asked.resource}"),
    ]
    if one.moved:
        before = "\n".join(("Another callback than before. Before:", *asked.registration.callbacks))
        fields.append(("Note", before))
    return Question(
        id=one.id,
        kind=Subject.sign_in,
        client=name_program(asked),
        sentence="sign in to Deskhand",
        asked_at=one.asked_at.isoformat(),
        expires_at=one.expires_at.isoformat(),
        fields=tuple(fields),
        wants_code=True,
    )
