"""A WebSocket to an address that strangers can reach, made of uvicorn 0.54's protocol."""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from server.http.limits import Config, Deadline

MOST_FRAGMENTS = 1_024  # of one message; the largest message limits their bytes, not their number
MOST_UNREAD = 1024 * 1024  # bytes that a peer leaves unread while it goes on sending pings


class HardenedWebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that hangs up on a peer that does not take what is sent to it, or has it collect frames without end."""

    config: Config

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._writing = Deadline(self.loop, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._writing.clear()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing.allow(self.config.limits.write_seconds)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._writing.clear()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MOST_FRAGMENTS:
            self.transport.abort()
        else:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        super().handle_ping()
        if self.transport.get_write_buffer_size() > MOST_UNREAD:  # a pong is written whether the peer reads or not
            self.transport.abort()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True  # a refusal is an answer too, and no error in the application

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()  # closing would wait until the peer has taken everything
