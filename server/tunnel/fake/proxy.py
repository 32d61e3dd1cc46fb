"""Reverse proxy with ngrok's forwarding headers, for streams and WebSockets too."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from urllib.parse import urlsplit

from server.tunnel.fake.wire import MAX_HEAD, Head, read_head, write_response

CHUNK = 65_536
DISCONNECTED = (OSError, EOFError, ValueError, asyncio.IncompleteReadError)


class Proxy:
    """Proxy of one endpoint: listens on this computer and forwards to an upstream."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.requests = 0

    async def open(self) -> str:
        """Start to listen; return the address."""
        self._server = await asyncio.start_server(self._handle, "127.0.0.1", 0, limit=MAX_HEAD)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Stop, and close all connections."""
        if self._server:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(*DISCONNECTED):
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
            writer.write(write_response(502, body, (("Ngrok-Error-Code", "ERR_NGROK_8012"),)))
            await writer.drain()
            return
        try:
            upstream.write(rewrite(head, writer.get_extra_info("peername")[0]))
            await join(pump(reader, upstream), pump(answers, writer))
        finally:
            upstream.close()


def rewrite(head: Head, caller: str) -> bytes:
    """Add forwarding headers; each request has its own connection, since a stream may follow."""
    added = [(b"X-Forwarded-For", caller.encode()), (b"X-Forwarded-Host", head.get(b"host")), (b"X-Forwarded-Proto", b"http")]
    upgrade = b"upgrade" in head.get(b"connection").lower()
    added.append((b"Connection", b"Upgrade" if upgrade else b"close"))
    return head.write(without=frozenset({b"connection", b"keep-alive"}), added=tuple(added))


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy data as it arrives, to its end."""
    while chunk := await source.read(CHUNK):
        target.write(chunk)
        await target.drain()


async def join(*copies: Coroutine[None, None, None]) -> None:
    """Copy until one side closes its connection."""
    tasks = [asyncio.create_task(copy) for copy in copies]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
