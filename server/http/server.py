"""uvicorn for a public address, in a thread that sleeps between requests."""

import asyncio
import contextlib
import errno
import logging
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from email.utils import formatdate
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from server.http.limits import Config, Limits
from server.http.protocol import HardenedHttpProtocol
from server.http.websocket import HardenedWebSocketProtocol

__all__ = [
    "DatedState",
    "HardenedHttpProtocol",
    "Limits",
    "Listener",
    "LoopServer",
    "WithoutQuery",
    "bind",
    "install_log_filter",
    "run",
]

T = TypeVar("T")

BACKLOG = 1024  # callers who wait to be accepted
STRANGERS_MISTAKES = {"Invalid HTTP request received.", "Unsupported upgrade request."}
LOGGERS = ("uvicorn.error", "uvicorn.asgi")


class DatedState(ServerState):
    """Gives answers a Date header without uvicorn's ten ticks a second."""

    _second = 0

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        if (now := int(time.time())) != self._second:
            self._second = now
            self._headers = [(b"date", formatdate(now, usegmt=True).encode())]
        return self._headers

    @default_headers.setter
    def default_headers(self, _: object) -> None:
        pass


class LoopServer(uvicorn.Server):
    """uvicorn in a running event loop until `stop`, asleep between requests. `ready` is set when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Stop serving; the task that serves then ends."""
        self._stopping.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self._stopping.wait()

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # as a plain method
        """Leave signals to the program."""
        return contextlib.nullcontext()


class Listener(LoopServer):
    """One application on one socket that we bound. Everything but the making of it belongs on the event loop."""

    def __init__(self, app: ASGIApp, bound: socket.socket, limits: Limits | None = None) -> None:
        install_log_filter()
        limits = limits or Limits()
        self.limits = replace(limits, connections=count_room(limits.connections))
        super().__init__(Config(app, self.limits, HardenedHttpProtocol, HardenedWebSocketProtocol))
        self.server_state = DatedState()
        self.bound, self.port = bound, int(bound.getsockname()[1])

    async def run_until_stopped(self) -> None:
        """Serve until `stop`, then let open answers end for `stop_seconds`, and cancel the rest."""
        await self.serve([self.bound])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if tasks := list(self.server_state.tasks):  # uvicorn cancels them and does not wait
            await asyncio.wait(tasks, timeout=self.limits.stop_seconds)
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class WithoutQuery(logging.Filter):
    """Keeps query strings out of uvicorn's lines: keys travel there, since browsers cannot set headers on a WebSocket.

    Below INFO whole headers would be written, so nothing is; nor is what strangers could fill the log with.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(value.partition("?")[0] if isinstance(value, str) else value for value in record.args)
        return record.levelno >= logging.INFO and record.msg not in STRANGERS_MISTAKES


def install_log_filter() -> None:
    """Put the filter on uvicorn's loggers, once."""
    for logger in map(logging.getLogger, LOGGERS):
        if not any(isinstance(item, WithoutQuery) for item in logger.filters):
            logger.addFilter(WithoutQuery())


def count_room(connections: int) -> int:
    """Count the connections that leave most of the process's files to the rest of it; macOS gives a program 256."""
    if sys.platform == "win32":
        return connections
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return connections if soft == resource.RLIM_INFINITY else min(connections, soft // 3)


def bind(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Bind a port before anything else starts. Raises OSError with the reason.

    Clients are queued from then on until a Listener serves them.
    """
    if not 0 <= port <= 65535:  # getaddrinfo would take the rest of a division
        raise OSError(errno.EINVAL, f"There is no port {port}")
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
        bound.bind(address)
        bound.listen(BACKLOG)  # Linux would let a second program bind a port without a listener
    except OSError:
        bound.close()
        raise
    return bound


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run the program's coroutine in an event loop of its own, the fast one where it is installed."""
    with asyncio.Runner(loop_factory=find_loop_factory()) as runner:
        return runner.run(main())


def find_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Find uvloop, which Windows does not have."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
