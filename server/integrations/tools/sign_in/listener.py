"""Listener for the redirect URI of a client that was registered with a port of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from server.core.errors import Conflict

LARGEST = 16_384  # bytes of a request's first line
SECONDS = 10.0
IN_USE = "Another program uses port {port}, at which the sign-in ends. Close it and sign in again."
HEADERS = "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def forwarding(port: int, callback: str) -> AsyncIterator[None]:
    """Send the browser on from http://localhost:PORT/callback to the local surface, which checks what it brings. 0: no port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError, OSError, ValueError):
            async with asyncio.timeout(SECONDS):
                writer.write(make_answer(await reader.readline(), callback))
                await writer.drain()
        writer.close()

    if not port:
        yield
        return
    try:
        server = await asyncio.start_server(answer, ["127.0.0.1", "::1"], port, limit=LARGEST)
    except OSError:
        try:  # without IPv6
            server = await asyncio.start_server(answer, "127.0.0.1", port, limit=LARGEST)
        except OSError:
            raise Conflict(IN_USE.format(port=port)) from None
    try:
        yield
    finally:
        server.close()


def make_answer(line: bytes, callback: str) -> bytes:
    """Answer a request's first line."""
    method, target, *_ = [*line.decode("ascii", "replace").split(" "), "", ""]
    parts = urlsplit(target)
    if method != "GET" or parts.path != "/callback" or not target.isprintable() or not target.isascii():
        return f"HTTP/1.1 404 Not Found\r\n{HEADERS}".encode()
    return f"HTTP/1.1 302 Found\r\nLocation: {callback}?{parts.query}\r\n{HEADERS}".encode()
