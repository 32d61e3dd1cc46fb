"""A listener beside a test, in its event loop, and a caller who speaks to it byte by byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp

from server.http.server import Limits, Listener, bind, run

HOST = b"host: localhost\r\n"


class RecordingListener(Listener):
    """A listener that knows who called and who was `left` when it had stopped, and hangs up for them in the end."""

    def __init__(self, app: ASGIApp, limits: Limits | None) -> None:
        super().__init__(app, bind(), limits)
        self.callers: list[Caller] = []
        self.left = 0


@contextlib.asynccontextmanager
async def listening(app: ASGIApp, limits: Limits | None = None) -> AsyncIterator[RecordingListener]:
    listener = RecordingListener(app, limits)
    task = asyncio.create_task(listener.run_until_stopped())
    await listener.ready.wait()
    try:
        yield listener
    finally:
        listener.stop()
        await task
        listener.left = len(listener.server_state.connections)
        for caller in listener.callers:
            caller.hang_up()


def serve(
    app: ASGIApp, test: Callable[[RecordingListener], Awaitable[None]], limits: Limits | None = None, runner: Any = run
) -> None:
    """Run a test's coroutine beside a server."""

    async def main() -> None:
        async with listening(app, limits) as listener:
            await test(listener)

    runner(main)


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def until_alone(listener: Listener) -> None:
    """Wait until the listener has no connection left."""
    await until(lambda: not listener.server_state.connections)


async def until_writing_waits(listener: Listener) -> None:
    """Wait until the listener has something to send that a caller does not take."""
    await until(lambda: any(connection.transport.get_write_buffer_size() for connection in listener.server_state.connections))


@dataclass
class Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def hang_up(self) -> None:
        self.writer.transport.abort()

    async def send(self, data: bytes) -> None:
        """Send, as far as the other side takes it."""
        with contextlib.suppress(ConnectionError, TimeoutError, RuntimeError):  # the last one is uvloop's of a closed transport
            self.writer.write(data)
            async with asyncio.timeout(2):
                await self.writer.drain()

    async def read_to_end(self, seconds: float = 3) -> tuple[bytes, bool]:
        """Read the response until the peer disconnects; return it, and whether it did."""
        got = b""
        try:
            async with asyncio.timeout(seconds):
                while chunk := await self.reader.read(65536):
                    got += chunk
        except ConnectionError:
            return got, True
        except TimeoutError:
            return got, False
        return got, True

    async def read_answer(self) -> bytes:
        """Read one answer that says how long it is."""
        async with asyncio.timeout(60):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            return head + await self.reader.readexactly(length)


async def call(listener: RecordingListener, data: bytes = b"") -> Caller:
    caller = Caller(*await asyncio.open_connection("127.0.0.1", listener.port))
    listener.callers.append(caller)
    await caller.send(data)
    return caller


async def talk(listener: RecordingListener, data: bytes, seconds: float = 3) -> tuple[bytes, bool]:
    """Send all of it; what came back before the server hung up, and whether it did."""
    caller = await call(listener, data)
    answer = await caller.read_to_end(seconds)
    caller.hang_up()
    return answer
