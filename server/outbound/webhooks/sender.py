"""One attempt to deliver: a POST to the address that was checked, within limits of time and size. Redirects are not followed."""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from server.core.errors import InvalidInput
from server.core.invisible import make_visible
from server.core.redaction import redact
from server.outbound.webhooks.models import Attempt
from server.outbound.webhooks.receivers import Receivers, Target, Unresolved

if TYPE_CHECKING:
    import httpcore2

    from server.outbound.public_network import Resolver

CONNECT_SECONDS = 5.0  # for each address of a name
RESOLVING_THREADS = 4  # own ones: a resolver that hangs must hold up nobody else
SHOWN_ANSWER = 500  # characters
DEPTH_HEADER = "Deskhand-Webhook-Depth"
LATE = "The receiver did not answer within {:g} seconds."
REDIRECTED = "The receiver answered {} and sent Deskhand to another address, which it does not follow. Give the final address."
TOO_LARGE = "The receiver's answer is larger than {:g} KB."
BROKEN = "The receiver's answer broke off or was no valid HTTP."
UNRESOLVED = "The name of the receiver could not be resolved."
UNREACHABLE = "The receiver could not be reached."
CERTIFICATE = "The receiver's certificate is not valid for its name."
STATUS = "The receiver answered {}."


@dataclass(frozen=True)
class Limits:
    """Limits of an attempt."""

    seconds: float = 15
    answer_bytes: int = 65_536


class AnswerTooLarge(Exception):
    """The receiver sent more than is read."""


@dataclass
class Exchange:
    """A request while it runs, and what has arrived of its response."""

    status: int | None = None
    headers: dict[bytes, str] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)


@dataclass
class Sender:
    """Sends to checked addresses. Tests replace the resolver, the dialer and the trusted certificates."""

    receivers: Receivers
    resolve: "Resolver | None" = None
    dialer: "httpcore2.AsyncNetworkBackend | None" = None
    trust: ssl.SSLContext | None = None
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(RESOLVING_THREADS, "webhook-names"))

    async def send(self, url: str, headers: Mapping[str, str], body: str, at: datetime, limits: Limits = Limits()) -> Attempt:
        """Make an attempt. What went wrong is a sentence in its result."""
        import httpcore2

        begun, exchange = time.monotonic(), Exchange()
        try:
            async with asyncio.timeout(limits.seconds):
                await self._request(self.receivers.parse(url), headers, body, exchange, limits)
            error = ""
        except InvalidInput as refusal:
            error = refusal.detail
        except Unresolved:
            error = UNRESOLVED
        except (TimeoutError, httpcore2.TimeoutException):
            error = LATE.format(limits.seconds)
        except AnswerTooLarge:
            error = TOO_LARGE.format(limits.answer_bytes / 1024)
        except (httpcore2.ReadError, httpcore2.ProtocolError):
            error = BROKEN
        except (httpcore2.NetworkError, OSError) as failure:
            error = explain(failure)
        return judge(exchange, Attempt(at, round((time.monotonic() - begun) * 1000), error=error))

    async def check(self, url: str) -> None:
        """Check an address that the person adds, with the addresses of its name now. Raises InvalidInput."""
        target = self.receivers.parse(url)
        self.receivers.check_addresses(target, await self.resolve_target(target))

    async def resolve_target(self, target: Target) -> list[str]:
        """Resolve a name to all its addresses; empty if it does not exist or the resolver does not answer."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if self.resolve:
                    return list(await self.resolve(target.host, target.port))
                loop = asyncio.get_running_loop()
                results = await loop.run_in_executor(self._threads, resolve_host, target.host, target.port)
        except (OSError, UnicodeError, TimeoutError):
            return []
        return list(dict.fromkeys(results))

    async def _request(self, target: Target, headers: Mapping[str, str], body: str, exchange: Exchange, limits: Limits) -> None:
        import httpcore2

        from server.outbound.webhooks.network import ReceiverNetwork

        if self.trust is None and target.scheme == "https":
            self.trust = await asyncio.to_thread(httpcore2.default_ssl_context)
        backend = ReceiverNetwork(target, self.receivers, self.resolve_target, self.dialer or httpcore2.AnyIOBackend())
        url = httpcore2.URL(scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path)
        async with (
            httpcore2.AsyncConnectionPool(ssl_context=self.trust, network_backend=backend, max_connections=1) as pool,
            pool.stream(
                "POST",
                url,
                headers=[("Host", write_host(target)), *headers.items()],
                content=body.encode(),
                extensions={"timeout": {"connect": CONNECT_SECONDS}},
            ) as response,
        ):
            exchange.status = response.status
            exchange.headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            async for chunk in response.aiter_stream():
                exchange.content += chunk
                if len(exchange.content) > limits.answer_bytes:
                    raise AnswerTooLarge


def judge(exchange: Exchange, attempt: Attempt) -> Attempt:
    """Complete an attempt with what its response says: it has succeeded if the whole response came and is a 2xx."""
    status, headers = exchange.status, exchange.headers
    if status is None:
        return attempt
    error = attempt.error
    if not 200 <= status < 300:
        error = (REDIRECTED if 300 <= status < 400 else STATUS).format(status)
    is_text = headers.get(b"content-encoding", "").strip().lower() in {"", "identity"}  # nothing is ever decompressed
    answer = shorten_answer(bytes(exchange.content)) if is_text else ""
    wait = read_retry_after(headers.get(b"retry-after", ""), attempt.at) if error else None
    return replace(attempt, status=status, error=error, answer=answer, retry_after=wait)


def shorten_answer(content: bytes) -> str:
    """Shorten a response for the log: its beginning, without secrets and hidden characters."""
    text = redact(content[: SHOWN_ANSWER * 8].decode("utf-8", "replace"))
    return make_visible(text[:SHOWN_ANSWER], lines=True)


def explain(failure: BaseException) -> str:
    """Explain why there is no connection."""
    cause: BaseException | None = failure
    while cause and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return CERTIFICATE if cause else UNREACHABLE


def read_retry_after(header: str, now: datetime) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3) in seconds; None if there is none that is valid."""
    header = header.strip()
    if header.isascii() and header.isdecimal():
        return float(header[:10])
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # the latter for a year or a time zone of too many digits
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def write_host(target: Target) -> str:
    """Write the Host header."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == {"http": 80, "https": 443}[target.scheme] else f"{host}:{target.port}"


def resolve_host(host: str, port: int) -> Iterable[str]:
    """Resolve a name. Blocks."""
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
