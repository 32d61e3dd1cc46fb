"""A receiver of webhooks on a real socket: honest, slow, dead, lying, redirecting or dripping, as each request's path says."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

Behaviour = Callable[["Exchange"], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    """A request that has arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Exchange:
    """A connection that waits for its answer."""

    received: Received
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self, status: str = "200 OK", body: bytes = b"", *headers: str) -> None:
        """Answer well-formed."""
        await self.send("\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def pause(self, seconds: float) -> bool:
        """Wait, unless the sender hangs up; return whether it did."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return not await self.reader.read(1)
        return False

    def reset(self) -> None:
        """End the connection with RST."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


def status(line: str, *headers: str, body: bytes = b"") -> Behaviour:
    """Answer with a status."""

    async def behave(exchange: Exchange) -> None:
        await exchange.answer(line, body, *headers)

    return behave


def raw(*pieces: bytes, pause: float = 0) -> Behaviour:
    """Answer with bytes, piece by piece, and hang up."""

    async def behave(exchange: Exchange) -> None:
        for piece in pieces:
            await exchange.send(piece)
            await exchange.pause(pause)

    return behave


def endless(start: bytes, piece: bytes, pause: float = 0) -> Behaviour:
    """Answer with a beginning and then the same piece until the sender hangs up."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(start)
        with contextlib.suppress(OSError):
            while True:
                await exchange.send(piece)
                if await exchange.pause(pause):
                    return

    return behave


def slow(seconds: float) -> Behaviour:
    """Answer late."""

    async def behave(exchange: Exchange) -> None:
        if not await exchange.pause(seconds):
            await exchange.answer()

    return behave


async def hang(exchange: Exchange) -> None:
    """Never answer."""
    await exchange.reader.read()


async def reset(exchange: Exchange) -> None:
    """Say 200 and reset the connection before the answer is whole."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    exchange.reset()


honest = status("200 OK", body=b"thanks")
short = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
nonsense = raw(b"\x00\x01 this is no HTTP\r\n\r\n")
bomb = endless(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10000000000\r\n\r\n", bytes(65_536))
headers_without_end = endless(b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"x" * 8_000 + b"\r\n")
informational = endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)
dripping_headers = endless(b"HTTP/1.1 200 OK\r\nX: ", b"x", pause=0.05)
dripping_body = endless(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"x", pause=0.05)


@dataclass
class Receiver:
    """A receiver. `scripts`: the behaviours of a path, one for each request; the last one stays."""

    scripts: dict[str, list[Behaviour]] = field(default_factory=dict)
    requests: list[Received] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    port: int = 0
    _open: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _handlers: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def listed(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ids(self, path: str) -> list[str]:
        """The webhook-ids that a path got, each once, in the order in which they came first."""
        return list(dict.fromkeys(received.id for received in self.requests if received.path == path))

    def behave(self, path: str, *behaviours: Behaviour) -> str:
        """Set the behaviours of a path; return its address."""
        self.scripts[path] = list(behaviours)
        return self.url(path)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Receiver"]:
        """Listen in this event loop."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for handler in self._handlers:
                handler.cancel()
            if self._handlers:
                await asyncio.wait(self._handlers)

    @contextlib.contextmanager
    def in_thread(self) -> Iterator["Receiver"]:
        """Listen in a thread."""
        started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

        async def main() -> None:
            ending = asyncio.Event()
            async with self.serving():
                started.set_result((asyncio.get_running_loop(), ending))
                await ending.wait()

        thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
        thread.start()
        loop, ending = started.result(60)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(ending.set)
            thread.join(60)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.create_task(self._read(reader, writer))
        self._handlers.add(handler)

        def end(_: asyncio.Task[None]) -> None:  # of one that was cancelled before it began, too
            self._handlers.discard(handler)
            writer.transport.abort() if writer.is_closing() else writer.close()

        handler.add_done_callback(end)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            received = Received(head[0].split(" ")[1], headers, body, time.time())
            await self._answer(Exchange(received, reader, writer))

    async def _answer(self, exchange: Exchange) -> None:
        path = exchange.received.path
        self.requests.append(exchange.received)
        self._open[path] += 1
        self.most_at_once[path] = max(self.most_at_once[path], self._open[path])
        script = self.scripts.get(path, [honest])
        behaviour = script.pop(0) if len(script) > 1 else script[0]
        try:
            await behaviour(exchange)
        finally:
            self._open[path] -= 1
