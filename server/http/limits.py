"""Limits of time and size for callers, and the deadline that enforces them on a connection."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp


@dataclass(frozen=True)
class Limits:
    """Limits for callers, in seconds and bytes.

    `head_seconds`: from the first byte, or the opening of the connection, to the end of the headers. `body_seconds`: for
    the body, and one second more for each `slow_body` bytes of it. `linger_seconds`: for the rest of a request whose answer
    came before its end, of which up to `linger_bytes` are read and discarded. `write_seconds`: for the client to read the
    pending response. `idle_seconds`: between two requests. `ping_seconds`: between two pings on a WebSocket, and to answer
    one. `stop_seconds`: for open answers, at the end. `largest_message`: on a WebSocket. `connections`: maximum for one socket.
    """

    head_seconds: float = 10
    body_seconds: float = 30
    slow_body: int = 64 * 1024
    linger_seconds: float = 10
    linger_bytes: int = 64 * 1024 * 1024
    write_seconds: float = 30
    idle_seconds: float = 30
    ping_seconds: float = 20
    stop_seconds: float = 3
    largest_head: int = 64 * 1024
    largest_message: int = 1024 * 1024
    connections: int = 1000


class Config(uvicorn.Config):
    """uvicorn, set up for strangers; it carries the limits to each connection."""

    def __init__(self, app: ASGIApp, limits: Limits, http: type[asyncio.Protocol], ws: type[asyncio.Protocol]) -> None:
        self.limits = limits
        super().__init__(
            app,
            interface="asgi3",
            http=http,
            ws=ws,
            ws_max_size=limits.largest_message,
            ws_ping_interval=limits.ping_seconds,
            ws_ping_timeout=limits.ping_seconds,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=limits.idle_seconds,  # type: ignore[arg-type]  # call_later takes fractions
            timeout_graceful_shutdown=limits.stop_seconds,  # type: ignore[arg-type]  # and so does wait_for
        )


class Deadline:
    """Gives up at a time that may move."""

    def __init__(self, loop: asyncio.AbstractEventLoop, give_up: Callable[[], None]) -> None:
        self._loop, self._give_up = loop, give_up
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    @property
    def running(self) -> bool:
        return self._timer is not None

    def allow(self, seconds: float) -> None:
        """Set the timeout to so many seconds from now."""
        self.clear()
        self._due = self._loop.time() + seconds
        self._timer = self._loop.call_at(self._due, self._ring)

    def extend(self, seconds: float) -> None:
        """Extend the timeout."""
        self._due += seconds

    def clear(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = self._loop.call_at(self._due, self._ring) if self._due > self._loop.time() else None
        if self._timer is None:
            self._give_up()
