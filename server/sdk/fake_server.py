"""The loopback socket of a fake, which a test or the demo serves inside its loop or in a thread of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeVar

import uvicorn
from anyio.from_thread import start_blocking_portal
from starlette.types import ASGIApp

from server.http.server import LoopServer, bind

Value = TypeVar("Value")


class FakeServer(LoopServer):
    """Serves an application by another parser than Deskhand's own, and stops at once."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app, interface="asgi3", http="h11", ws="none", lifespan="off", log_config=None, access_log=False, proxy_headers=False
        )
        super().__init__(config)

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


@asynccontextmanager
async def serving(app: ASGIApp | FakeServer, port: int = 0) -> AsyncIterator[str]:
    """Serve on 127.0.0.1 while the block runs, and yield the origin. Raises OSError if the port is taken."""
    with bind(port=port) as bound:
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
