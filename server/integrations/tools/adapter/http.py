"""HTTP client of one session: with its own headers, without cookies, and with limits of what an answer may be."""

from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from server.integrations.tools.adapter.ending import Ending
from server.integrations.tools.models import Connection

LARGEST_ANSWER = 16 * 1_048_576  # bytes of a JSON document, or of one event
LARGEST_STREAM = 64 * 1_048_576  # bytes of all events of one stream
SECONDS = 20.0  # to connect and to send
SILENT_SECONDS = 900.0  # between two parts of an answer; each call has its own limit
TOO_LARGE = "The answer is too large."
COMPRESSED = "The answer is compressed, which Deskhand did not ask for."
BROKEN_OFF = "The answer broke off."
LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class BoundedStream(httpx2.AsyncByteStream):
    """Body of an answer, up to a size.

    Raises httpx2.StreamError beyond, and where reading fails: the SDK then fails the call; other errors would end the session.
    """

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int) -> None:
        self._stream, self._limit = stream, limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for part in self._stream:
                size += len(part)
                if size > self._limit:
                    raise httpx2.StreamError(TOO_LARGE if self._limit else COMPRESSED)
                yield part
        except httpx2.TransportError as error:
            raise httpx2.StreamError(BROKEN_OFF) from error

    async def aclose(self) -> None:
        await self._stream.aclose()


def make_client(connection: Connection, ending: Ending, auth: httpx2.Auth | None = None) -> httpx2.AsyncClient:
    """Create the client. Redirects are the SDK's matter, which follows them to the same origin only."""

    async def bound(response: httpx2.Response) -> None:
        if response.status_code >= 400:
            ending.status = response.status_code
        is_stream = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        limit = LARGEST_STREAM if is_stream else LARGEST_ANSWER
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            limit = 0  # a few bytes could become gigabytes
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = BoundedStream(response.stream, limit)

    return httpx2.AsyncClient(
        headers={"User-Agent": "Deskhand", **connection.headers, "Accept-Encoding": "identity"},
        auth=auth,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        mounts=dict.fromkeys(LOOPBACK, None),
        timeout=httpx2.Timeout(SECONDS, read=SILENT_SECONDS),
        event_hooks={"response": [bound]},
    )
