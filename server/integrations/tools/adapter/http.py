"""HTTP client of one session: with its own headers, without cookies, and with limits of what an answer may be."""

import asyncio
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import monotonic

import httpx2
from mcp.client.streamable_http import MCP_SESSION_ID

from server.integrations.tools.adapter.ending import Ending
from server.integrations.tools.adapter.throttle import Throttle
from server.integrations.tools.models import Connection, Transport

LARGEST_ANSWER = 16 * 1_048_576  # bytes of a JSON document, or of one event
LARGEST_STREAM = 64 * 1_048_576  # bytes of all events of one stream
SECONDS = 20.0  # to connect and to send
SILENT_SECONDS = 900.0  # between two parts of an answer; each call has its own limit
MOST_STREAMS = 10  # that are opened at once for what a server sends by itself; then one each second, whatever it asks for
TOO_LARGE = "The answer is too large."
COMPRESSED = "The answer is compressed, which Deskhand did not ask for."
UNKNOWN_SESSION = (400, 404)  # the protocol has 404, many servers answer 400: modelcontextprotocol.io, Transports
BROKEN_OFF = "The answer broke off."
LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class BoundedStream(httpx2.AsyncByteStream):
    """Body of an answer, up to a size. `throttle`: of one that nobody requested.

    Raises httpx2.StreamError beyond, and where reading fails: the SDK then fails the call; other errors would end the session.
    """

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int, throttle: Throttle | None = None) -> None:
        self._stream, self._limit, self._throttle = stream, limit, throttle

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for part in self._stream:
                size += len(part)
                if size > self._limit:
                    raise httpx2.StreamError(TOO_LARGE if self._limit else COMPRESSED)
                begun = monotonic()
                yield part
                if self._throttle:
                    await self._throttle.pause(begun)
        except httpx2.TransportError as error:
            raise httpx2.StreamError(BROKEN_OFF) from error

    async def aclose(self) -> None:
        await self._stream.aclose()


class StreamPace:
    """Pace at which streams are opened again: a server that ends each at once says itself how soon (`retry`)."""

    def __init__(self) -> None:
        self._allowance, self._updated = float(MOST_STREAMS), monotonic()

    async def wait(self) -> None:
        """Wait until another one may be opened."""
        now = monotonic()
        self._allowance = min(MOST_STREAMS, self._allowance + now - self._updated) - 1
        self._updated = now
        if self._allowance < 0:
            await asyncio.sleep(-self._allowance)


def make_client(connection: Connection, ending: Ending, auth: httpx2.Auth | None = None) -> httpx2.AsyncClient:
    """Create the client. Redirects are the SDK's matter, which follows them to the same origin only."""
    streams, throttle = StreamPace(), Throttle()

    async def pace(request: httpx2.Request) -> None:
        if request.method == "GET":
            await streams.wait()

    async def bound(response: httpx2.Response) -> None:
        if response.status_code >= 400:
            ending.status = response.status_code
        if response.request.method == "POST" and MCP_SESSION_ID in response.request.headers:
            ending.is_forgotten = response.status_code in UNKNOWN_SESSION
        is_stream = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        limit = LARGEST_STREAM if is_stream else LARGEST_ANSWER
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            limit = 0  # a few bytes could become gigabytes
        unrequested = connection.transport is Transport.http and response.request.method == "GET"
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = BoundedStream(response.stream, limit, throttle if unrequested else None)

    return httpx2.AsyncClient(
        headers={"User-Agent": "Deskhand", **connection.headers, "Accept-Encoding": "identity"},
        auth=auth,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        mounts=dict.fromkeys(LOOPBACK, None),
        timeout=httpx2.Timeout(SECONDS, read=SILENT_SECONDS),
        event_hooks={"request": [pace], "response": [bound]},
    )
