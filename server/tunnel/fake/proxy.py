"""Passes requests on as ngrok does: bytes as they come, streams and WebSockets too, with headers that say for whom."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from urllib.parse import urlsplit

from server.tunnel.fake.wire import LARGEST_HEAD, Head, read_head, write_answer

CHUNK = 65_536
LOST = (OSError, EOFError, ValueError, asyncio.IncompleteReadError)


class Proxy:
    """One endpoint: an address on this computer, and where its requests go."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.requests = 0

    async def open(self) -> str:
        """Begin to take requests; answer the address."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0, limit=LARGEST_HEAD)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Take no more, and hang up."""
        if self._server:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(*LOST):
            await self._answer(reader, writer)
        self._open.discard(writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await read_head(reader)
        self.requests += 1
        try:
            answers, upstream = await asyncio.open_connection(self._host, self._port)
        except OSError:
            body = {"error": f"The endpoint is online, but nobody answers at {self._host}:{self._port}. ERR_NGROK_8012"}
            writer.write(write_answer(502, body, (("Ngrok-Error-Code", "ERR_NGROK_8012"),)))
            await writer.drain()
            return
        try:
            upstream.write(rewrite(head, writer.get_extra_info("peername")[0]))
            await join(pump(reader, upstream), pump(answers, writer))
        finally:
            upstream.close()


def rewrite(head: Head, caller: str) -> bytes:
    """Say for whom the request is passed on; each has a connection of its own, for a stream may follow."""
    more = [(b"X-Forwarded-For", caller.encode()), (b"X-Forwarded-Host", head.get(b"host")), (b"X-Forwarded-Proto", b"http")]
    upgrade = b"upgrade" in head.get(b"connection").lower()
    more.append((b"Connection", b"Upgrade" if upgrade else b"close"))
    return head.write(without=frozenset({b"connection", b"keep-alive"}), more=tuple(more))


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on what comes, at once, until no more does."""
    while chunk := await source.read(CHUNK):
        target.write(chunk)
        await target.drain()


async def join(*ways: Coroutine[None, None, None]) -> None:
    """Go on until one of the two hangs up."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
