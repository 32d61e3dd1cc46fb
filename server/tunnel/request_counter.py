"""Counter of the requests through the tunnel: the free plan allows a limited number a month."""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from server.core.clock import Clock
from server.tunnel.store import TunnelStore

WARN_SHARE = 0.8


class RequestCounter:
    """Requests of this month, in UTC. `hosts`: Host headers of the tunnel's address; empty while it is off."""

    def __init__(self, store: TunnelStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._month, self._requests, self._stored = self._now(), 0, 0
        self.hosts: Collection[bytes] = frozenset()

    def _now(self) -> str:
        return f"{self._clock.now():%Y-%m}"

    @property
    def requests(self) -> int:
        """Number of requests this month."""
        return self._requests if self._month == self._now() else 0

    def count(self) -> None:
        """Count one request."""
        if self._month != (now := self._now()):
            self._month, self._requests, self._stored = now, 0, 0
        self._requests += 1

    async def load(self) -> None:
        """Continue the count of the last run."""
        self._requests = self._stored = await self._store.load_month(self._month)

    async def save(self) -> None:
        """Store the count if it has changed."""
        month, requests = self._month, self._requests
        if requests != self._stored:
            await self._store.save_month(month, requests)
            self._stored = requests

    def warn(self, limit: int | None) -> str | None:
        """Return a warning if the month's limit is near or reached."""
        requests = self.requests
        if limit is None or requests < WARN_SHARE * limit:
            return None
        if requests >= limit:
            return (
                f"All {limit:,} requests of ngrok's free plan are used ({requests:,} this month). "
                "It may refuse more until next month."
            )
        return f"{requests:,} of the {limit:,} requests of ngrok's free plan are used this month."


class RequestCountingMiddleware:
    """Counts each request to the public surface that came through the tunnel, whatever its outcome."""

    def __init__(self, app: ASGIApp, counter: RequestCounter) -> None:
        self._app, self._counter = app, counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        counter = self._counter
        if counter.hosts and scope["type"] != "lifespan":
            for name, value in scope["headers"]:
                if name == b"host" and value.lower() in counter.hosts:
                    counter.count()
                    break
        await self._app(scope, receive, send)
