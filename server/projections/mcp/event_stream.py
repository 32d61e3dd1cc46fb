"""Server-sent events for a client that sent a progressToken, with a ping from time to time until the answer comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Message, Send

PING_SECONDS = 15.0
PING = b": ping\r\n\r\n"
HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache, no-transform")]
REPLACED = {b"content-type", b"content-length"}


class EventStream:
    """Frames a successful JSON answer as one event; a failure that comes before the first ping stays as it is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._streaming = False
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        status = self._start["status"] if self._start else 500
        if self._streaming or status == 200:
            await self._open()
            await self._send({"type": "http.response.body", "body": b"event: message\r\ndata: %b\r\n\r\n" % bytes(self._body)})
        elif self._start:
            await self._send(self._start)
            await self._send({"type": "http.response.body", "body": bytes(self._body)})

    async def _open(self) -> None:
        if not self._streaming:
            self._streaming = True
            others = [header for header in (self._start or {}).get("headers", []) if header[0].lower() not in REPLACED]
            await self._send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *others]})

    async def ping(self, seconds: float) -> None:
        """Send a ping every few seconds until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            await self._open()
            await self._send({"type": "http.response.body", "body": PING, "more_body": True})


@asynccontextmanager
async def streaming(send: Send, seconds: float = PING_SECONDS) -> AsyncIterator[Send]:
    """Answer through the given `send` as a stream, with a ping every so many seconds inside the `with`."""
    stream = EventStream(send)
    pinging = asyncio.create_task(stream.ping(seconds))
    try:
        yield stream.send
    finally:
        pinging.cancel()
