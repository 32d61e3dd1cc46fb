"""The socket of the fake ChatGPT."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp


class FakeServer(uvicorn.Server):
    """Serves an application inside a running loop, sleeps while nobody calls, and ends at once."""

    def __init__(self, app: ASGIApp) -> None:
        options: dict[str, Any] = {"interface": "asgi3", "http": "h11", "ws": "none", "lifespan": "off", "log_config": None}
        super().__init__(uvicorn.Config(app, **options, access_log=False, server_header=False, proxy_headers=False))
        self.ready, self._end = asyncio.Event(), asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once, in the middle of answers."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for bound in sockets or ():
            bound.close()

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # as a plain method
        """Leave signals to the program."""
        return contextlib.nullcontext()

    def stop(self) -> None:
        """Stop serving; the task that serves then ends."""
        self._end.set()


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve on 127.0.0.1 while the block runs, and yield the origin."""
    with bind(port) as bound:
        server = FakeServer(app)
        task = asyncio.create_task(server.serve([bound]))
        try:
            await server.ready.wait()
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.stop()
            await task


def bind(port: int = 0) -> socket.socket:
    """Take a port on loopback before anything else starts."""
    bound = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY only where it reads TCP here
    try:
        bound.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound
