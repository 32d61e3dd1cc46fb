"""The loopback socket of a fake, which a test or the demo serves inside its loop or in a thread of its own."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeVar

import uvicorn
from anyio.from_thread import start_blocking_portal
from starlette.types import ASGIApp

Value = TypeVar("Value")


class FakeServer(uvicorn.Server):
    """Serves an application, sleeps between requests, and stops at once. `ready` is set when it accepts connections."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app, interface="asgi3", http="h11", ws="none", lifespan="off", log_config=None, access_log=False, proxy_headers=False
        )
        super().__init__(config)
        self.ready, self._end = asyncio.Event(), asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop at once, in the middle of responses."""
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

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # a generator in uvicorn
        """Leave signals to the program."""
        return contextlib.nullcontext()

    def stop(self) -> None:
        """Stop serving; the task that serves then ends."""
        self._end.set()


@asynccontextmanager
async def serving(app: ASGIApp | FakeServer, port: int = 0) -> AsyncIterator[str]:
    """Serve on 127.0.0.1 while the block runs, and yield the origin. Raises OSError if the port is taken."""
    with bind(port) as bound:
        server = app if isinstance(app, FakeServer) else FakeServer(app)
        task = asyncio.create_task(server.serve([bound]))
        try:
            await server.ready.wait()
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.stop()
            await task


@contextmanager
def running_in_thread(served: AbstractAsyncContextManager[Value]) -> Iterator[Value]:
    """Run the loop of a fake in a thread of its own while the block runs."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(served) as value:
        yield value


def bind(port: int = 0) -> socket.socket:
    """Bind a port on loopback. Raises OSError if it is taken."""
    bound = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY only where it reads TCP here; else 40 ms a request
    try:
        bound.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound
