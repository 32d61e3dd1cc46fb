"""Rate limits: a moving window per client, one for reading and one for changing."""

import time
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

from server.access.clients.registry import Client
from server.core.errors import TooManyRequests
from server.core.rates import read_rate

if TYPE_CHECKING:
    from limits.aio.strategies import MovingWindowRateLimiter

    from server.sdk.operation import Operation

READING, CHANGING = "reading", "changing"  # the names of counts
ALL_CALLERS = "600/minute"  # calls of all callers of a client with tokens of their own, as anybody can invent these


@dataclass(frozen=True)
class Quota:
    """Rest of a client's limit. `reset`: seconds until one more call fits, or until the whole window is free."""

    limit: int
    remaining: int
    reset: int
    passed: bool
    first_refusal: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit headers of the IETF's draft-ietf-httpapi-ratelimit-headers-06, as most clients read them."""
        fields = {"RateLimit-Limit": self.limit, "RateLimit-Remaining": self.remaining, "RateLimit-Reset": self.reset}
        return {name: str(value) for name, value in fields.items()}


class Limits:
    """Counts calls in memory, so a restart resets the counts."""

    def __init__(self, reading: str, changing: str) -> None:
        self._usual = {False: reading, True: changing}
        self._refused: set[tuple[str, str]] = set()
        self._counted_at = 0.0

    @cached_property
    def _limiter(self) -> "MovingWindowRateLimiter":
        """Limiter, whose library (1 MB) is imported with the first call."""
        from limits.aio.storage import MemoryStorage
        from limits.aio.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(MemoryStorage())

    async def take(
        self, client: Client, *, changing: bool, counted: bool = False, operation: "Operation | None" = None
    ) -> Quota | None:
        """Count one call. None: this client has no limit, or the request of the call was `counted` as reading.

        `operation`: the one that is called; a rate of its own is counted for it alone.
        """
        kind = changing and client.rate is None
        if operation and operation.rate and client.rate is None:
            return await self._hit(client.identity, operation.rate, operation.name)
        if client.rate == "none" or (counted and not kind):
            return None
        if client.caller:
            total = await self._hit(client.id, client.rate or ALL_CALLERS, READING)
            if client.rate or not total.passed:
                return total
        return await self._hit(client.identity, client.rate or self._usual[changing], CHANGING if kind else READING)

    async def _hit(self, identity: str, rate: str, name: str) -> Quota:
        item = read_rate(rate)
        self._follow_clock()
        passed = await self._limiter.hit(item, identity, name)
        window = await self._limiter.get_window_stats(item, identity, name)
        reset = max(1, ceil(window.reset_time - time.time()))
        first = self._note(identity, name, passed=passed)
        return Quota(item.amount, window.remaining if passed else 0, reset, passed, first)

    def _follow_clock(self) -> None:
        """Count anew if the clock was set back: earlier calls would count until it has reached them."""
        now = time.time()
        if now < self._counted_at:
            vars(self).pop("_limiter", None)
        self._counted_at = now

    def _note(self, client_id: str, name: str, *, passed: bool) -> bool:
        """Return whether this is the first refusal since a call last passed; only that one is worth a row in the activity."""
        known = (client_id, name) in self._refused
        if passed:
            self._refused.discard((client_id, name))
        else:
            self._refused.add((client_id, name))
        return not passed and not known


def too_many_requests(client: Client, quota: Quota) -> TooManyRequests:
    """Refusal of a client that calls too often."""
    sentence = f"The client {client.name!r} has used up its limit of {quota.limit} calls. Go on in {quota.reset} s."
    return TooManyRequests(sentence, retry_after=quota.reset)
