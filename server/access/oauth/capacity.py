"""Capacity for pending authorizations, so that strangers who know a client_id cannot crowd out the person's own sign-in."""

import secrets
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from server.access.oauth import redirect_uris
from server.access.oauth.pending_authorization import PendingAuthorization
from server.access.oauth.request_context import AuthorizationRequest
from server.core.clock import Clock, has_passed

MOST_WAITING = 100  # for each known client; for all unknown ones of ChatGPT's and Claude's hosts; and for all others
MOST_DENIED = 1000  # browsers
DIFFERENT = 2  # digits at least, so that a typing error does not name another browser


def find_queue(request: AuthorizationRequest) -> str:
    """Queue of a request. Clients that the person let in, and those of ChatGPT and Claude, are counted apart from others."""
    registration = request.registration.id
    return f"client {registration}" if request.client else redirect_uris.find_known_host(registration) or ""


def choose_evicted(
    waiting: Collection[PendingAuthorization], request: AuthorizationRequest, now: datetime, gone: timedelta
) -> PendingAuthorization | None:
    """Choose which one gives way to a new request; None while there is room.

    It is one whose browser disconnected, or else the oldest of the network address that most of them come from.
    """
    queue = [pending for pending in waiting if find_queue(pending.request) == find_queue(request)]
    if len(queue) < MOST_WAITING:
        return None
    disconnected = [pending for pending in queue if now - (pending.polled_at or pending.asked_at) >= gone]
    crowd = Counter(pending.source for pending in queue).most_common(1)[0][0]
    return min(disconnected or [pending for pending in queue if pending.source == crowd], key=lambda pending: pending.asked_at)


def choose_digits(taken: Collection[str]) -> str:
    """Choose four digits that differ from all others in more than one place."""
    while True:
        digits = f"{secrets.randbelow(10_000):04}"
        if all(sum(digit != other for digit, other in zip(digits, used, strict=True)) >= DIFFERENT for used in taken):
            return digits


class DeniedBrowsers:
    """Browsers that the person denied, by the hash of their cookie."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._denied_at: dict[bytes, datetime] = {}

    def add(self, browser: bytes) -> None:
        """Add a browser."""
        self._denied_at.pop(browser, None)
        self._denied_at[browser] = self._clock.now()
        while len(self._denied_at) > MOST_DENIED:
            del self._denied_at[next(iter(self._denied_at))]

    def seconds_left(self, browser: bytes, seconds: float) -> float:
        """Time for which a browser stays denied that is denied for so many seconds; 0 if it is not."""
        at, now, duration = self._denied_at.get(browser), self._clock.now(), timedelta(seconds=seconds)
        return 0.0 if at is None or has_passed(duration, at, now) else (at + duration - now).total_seconds()
