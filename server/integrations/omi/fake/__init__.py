"""OMI's platform as Deskhand meets it: it signs, delivers, retries and gives up, over real sockets.

    async with Platform(secret="whsec_…").running() as omi:
        omi.hooks["memory_created"] = Hook("https://…/chatgpt/webhook/memory/…")
        await omi.deliver("memory_created", "a-uid", conversation)

As OMI's backend does (utils/webhooks.py, utils/http_client.py, utils/webhook_signing.py): an Idempotency-Key that stays the same
when it tries again, after 1, 5 and 30 seconds, on 5xx, 408, 429 and where nobody answers; a circuit breaker for each address; a
hook that fails too often is switched off, and its owner is told.
"""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    import httpx2

TRY_AGAIN = {408, 429}
SHORTEST_MESSAGE = 5  # what is longer in an answer to live words becomes a notification


@dataclass(frozen=True)
class Timing:
    """Retries and timeouts. `switch_off`: the number of failed deliveries in a row that disables a hook."""

    retry_seconds: tuple[float, ...] = (1, 5, 30)
    connect_seconds: float = 2
    read_seconds: float = 15
    breaker_failures: int = 5
    breaker_seconds: float = 30
    switch_off: int = 10


@dataclass
class Hook:
    """An address that the person gave the platform."""

    url: str
    failures: int = 0
    is_off: bool = False


@dataclass
class Sent:
    """A delivery and what was answered each time; 0: nobody answered."""

    event: str
    key: str
    statuses: list[int] = field(default_factory=list)
    arrived: bool = False


class Breaker:
    """Stops asking an address for a while after it has failed some times."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._failures = 0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Return whether requests are suspended."""
        return time.monotonic() < self._open_until

    def note(self, *, well: bool) -> None:
        """Note how an attempt went."""
        self._failures = 0 if well else self._failures + 1
        if self._failures >= self._timing.breaker_failures:
            self._failures, self._open_until = 0, time.monotonic() + self._timing.breaker_seconds


class Platform:
    """The platform with its hooks. `dead`: deliveries that it gave up; `notifications`: messages to the person."""

    def __init__(self, secret: str = "", previous: str = "", timing: Timing | None = None) -> None:
        self.secret = secret
        self.previous = previous
        self.timing = timing or Timing()
        self.hooks: dict[str, Hook] = {}
        self.dead: deque[Sent] = deque(maxlen=10_000)
        self.notifications: list[str] = []
        self._breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(self.timing))
        self._http: httpx2.AsyncClient | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Platform"]:
        """Be able to deliver while the block runs."""
        import httpx2

        timeout = httpx2.Timeout(self.timing.read_seconds, connect=self.timing.connect_seconds)
        async with httpx2.AsyncClient(timeout=timeout, trust_env=False) as self._http:
            yield self

    async def deliver(self, event: str, uid: str, content: Any, *, key: str = "", query: dict[str, str] | None = None) -> Sent:
        """Deliver something until it is taken or given up. `content`: bytes as they are, anything else as JSON."""
        sent, hook = Sent(event, key or str(uuid.uuid4())), self.hooks.get(event)
        if hook is None or hook.is_off:
            return sent
        url, body = add_uid(hook.url, uid, query or {}), encode(content)
        kind = "application/octet-stream" if isinstance(content, bytes) else "application/json"
        for wait in (0.0, *self.timing.retry_seconds):
            await asyncio.sleep(wait)
            status = await self._attempt(url, body, sent, uid, kind)
            sent.statuses.append(status)
            if status and status < 500 and status not in TRY_AGAIN:
                break
        sent.arrived = 200 <= sent.statuses[-1] < 300
        self._note(hook, sent)
        return sent

    async def _attempt(self, url: str, body: bytes, sent: Sent, uid: str, kind: str) -> int:
        import httpx2

        breaker = self._breakers[urlsplit(url).path]
        if breaker.is_open or self._http is None:
            return 0
        headers = {"Content-Type": kind, "Idempotency-Key": sent.key, **self._sign(sent, uid, body)}
        try:
            answer = await self._http.post(url, content=body, headers=headers)
        except httpx2.TransportError:
            breaker.note(well=False)
            return 0
        breaker.note(well=answer.is_success)
        if sent.event == "realtime_transcript" and answer.status_code == 200:
            message = answer.json().get("message", "") if answer.content else ""
            if len(message) > SHORTEST_MESSAGE:
                self.notifications.append(f"Webhook says: {message}")
        return answer.status_code

    def _sign(self, sent: Sent, uid: str, body: bytes) -> dict[str, str]:
        if not self.secret:
            return {}
        now = int(time.time())
        digests = [sign(secret, now, uid, body) for secret in (self.secret, self.previous) if secret]
        signature = ",".join([f"t={now}", *(f"v1={digest}" for digest in digests)])
        return {"X-Omi-Signature": signature, "X-Omi-Event": sent.event, "X-Omi-Delivery": sent.key}

    def _note(self, hook: Hook, sent: Sent) -> None:
        hook.failures = 0 if sent.arrived else hook.failures + 1
        if not sent.arrived:
            self.dead.append(sent)
        if hook.failures >= self.timing.switch_off and not hook.is_off:
            hook.is_off = True
            self.notifications.append("Developer Webhook Auto-Disabled")


def sign(secret: str, now: int, uid: str, body: bytes) -> str:
    """Sign a webhook as version 1 has it."""
    return hmac.new(secret.encode(), f"{now}.{uid}.".encode() + body, hashlib.sha256).hexdigest()


def add_uid(url: str, uid: str, query: dict[str, str]) -> str:
    """Put the uid into an address; other parameters stay."""
    parts = urlsplit(url)
    pairs = [(name, value) for name, value in parse_qsl(parts.query) if name != "uid"]
    return parts._replace(query=urlencode([*pairs, *query.items(), ("uid", uid)])).geturl()


def encode(content: Any) -> bytes:
    """Write JSON as the platform does."""
    return content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
