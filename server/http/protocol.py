"""An HTTP connection from an address that strangers can reach.

Made of uvicorn 0.54's protocol, whose callbacks are overridden: an exception in one of them becomes `send_400_response`,
for httptools wraps it in an HttpParserError.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from server.http.limits import Config, Deadline
from server.http.problem_details import PROBLEM_TYPE, problem_body
from server.http.websocket import HardenedWebSocketProtocol

BAD = "Deskhand cannot read this request. Send HTTP/1.1 as RFC 9112 has it."
FULL = "Too many connections are open. Close some, or try again in a moment."
TWO_WAYS = "These headers can be read in two ways. Send one Host, and either one Content-Length or Transfer-Encoding: chunked."
NO_PATH = "The request names no path. Send one that begins with a slash, in HTTP/1.0 or 1.1."
LARGE_HEAD = "The headers are too large. Send fewer or shorter ones."


def check_head(url: bytes, headers: list[tuple[bytes, bytes]], version: str, largest: int) -> tuple[int, str] | None:
    """Check a request head. Returns a status and a sentence, None if the head is valid."""
    if len(url) + sum(len(name) + len(value) + 4 for name, value in headers) > largest:
        return 431, LARGE_HEAD
    names = [name for name, _ in headers]
    coding = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    framed_once = len(coding) + names.count(b"content-length") <= 1
    if names.count(b"host") != 1 or not framed_once or coding not in ([], [b"chunked"]):
        return 400, TWO_WAYS
    if not url.startswith(b"/") or version not in {"1.0", "1.1"} or (coding and version == "1.0"):
        return 400, NO_PATH
    return None


class ResponseTransport:
    """Transport as a response sees it. `close`: what closing it does."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write, self.is_closing, self.get_extra_info = transport.write, transport.is_closing, transport.get_extra_info
        self.close = close


class HardenedHttpProtocol(HttpToolsProtocol):
    """Hangs up on callers who dawdle or flood, and refuses headers that two programs could read in two ways."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = config.limits
        self._in_message = self._in_head = self._lingering = self._draining = self._progress = False
        self._unread = 0  # bytes of a request that were thrown away, as its answer came before its end
        self._quiet = 0  # bytes outside of a complete head or body: an endless header triggers no callback
        self._refusal = (400, BAD)
        self._running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._reading = Deadline(self.loop, self._stop_reading)
        self._writing = Deadline(self.loop, transport.abort)
        if len(self.connections) > self._limits.connections:
            self._refuse(503, FULL)
        else:
            self._reading.allow(self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._reading.clear()
        self._writing.clear()
        if self._running and self._busy:  # uvicorn notifies only the last of several pipelined calls
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    @property
    def _busy(self) -> bool:
        return self._running is not None and not self._running.response_complete

    def _stop_reading(self) -> None:
        if self.flow.read_paused:  # it is we who keep the caller waiting
            self._reading.allow(self._limits.head_seconds)
        else:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._draining:
            self._throw_away(len(data))
            return
        if not (self._in_message or self._busy or self._reading.running):
            self._reading.allow(self._limits.head_seconds)
        self._progress = False
        super().data_received(data)
        self._quiet = 0 if self._progress else self._quiet + len(data)
        if self._quiet > self._limits.largest_head and not self.transport.is_closing():
            self._refuse(431, LARGE_HEAD)

    def on_message_begin(self) -> None:
        self._progress = self._in_message = self._in_head = True
        self._lingering = False
        self._unread = 0
        self._reading.allow(self._limits.head_seconds)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # trailers would be added to headers that were checked already
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._progress, self._in_head = True, False
        if refusal := check_head(self.url, self.headers, self.parser.get_http_version(), self._limits.largest_head):
            self._refusal = refusal
            raise ValueError(refusal[1])
        self._reading.allow(self._limits.body_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._progress = True
        if not self.cycle.response_complete:
            self._reading.extend(len(body) / self._limits.slow_body)
        else:
            if not self._lingering:
                self._lingering = True
                self._reading.allow(self._limits.linger_seconds)
            self._throw_away(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._progress, self._in_message = True, False
        self._reading.clear()
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        cycle.transport = cast(asyncio.Transport, ResponseTransport(self.transport, self._close_gracefully))
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        if self._draining:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            return
        super().on_response_complete()
        if self.transport.is_closing():
            self._writing.allow(self._limits.write_seconds)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._writing.allow(self._limits.write_seconds)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing.allow(self._limits.write_seconds)

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._writing.clear()

    def handle_websocket_upgrade(self) -> None:
        if self._busy:
            self.transport.abort()
            return
        super().handle_websocket_upgrade()
        if not cast(HardenedWebSocketProtocol, self.transport.get_protocol()).handshake_initiated:
            self._refuse(400, BAD)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002, uvicorn has one sentence for everything
        self._refuse(*self._refusal)

    @property
    def _may_answer(self) -> bool:
        """Return whether a refusal cannot be taken for the answer to an earlier request, or be mixed with one."""
        own = self._in_message and not self._in_head and self.cycle is self._running
        return not self._busy or (own and not self.cycle.response_started)

    def _refuse(self, status: int, detail: str) -> None:
        if self._may_answer:
            body = problem_body(status, detail, {})
            headers = [
                *self.server_state.default_headers,
                (b"content-type", PROBLEM_TYPE.encode()),
                (b"content-length", b"%d" % len(body)),
                (b"x-content-type-options", b"nosniff"),
                (b"cache-control", b"no-store"),
                (b"connection", b"close"),
            ]
            lines = b"".join(b"%b: %b\r\n" % header for header in headers)
            self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], lines, body))
            self._close_gracefully()
        else:
            self._close()

    def _close(self) -> None:
        self.transport.close()
        self._writing.allow(self._limits.write_seconds)

    def _close_gracefully(self) -> None:
        """Close after a response. RFC 9112, section 9.6: a reset could delete it before a client that still sends has read it."""
        if not self._in_message or not self.transport.can_write_eof():
            self._close()
            return
        self._draining = True
        self._reading.allow(self._limits.linger_seconds)
        self.transport.write_eof()

    def _throw_away(self, size: int) -> None:
        self._unread += size
        if self._unread > self._limits.linger_bytes and not self.transport.is_closing():
            self._close()
