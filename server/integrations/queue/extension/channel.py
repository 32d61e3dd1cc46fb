"""One WebSocket: a bounded queue of outgoing messages, a rate for incoming ones, and the codes with which it closes."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine
from enum import IntEnum
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from server.integrations.queue.extension.limits import SocketLimits


class CloseCode(IntEnum):
    """Codes with which Deskhand closes a socket (RFC 6455, section 7.4)."""

    going_away = 1001
    policy = 1008
    try_again = 1013
    protocol = 4400
    key = 4401
    forbidden = 4403
    replaced = 4409


class Closed(Exception):
    """The socket is to be closed. `name`, `detail`: for the extension, which shows them."""

    def __init__(self, code: CloseCode, name: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.name, self.detail = code, name, detail


def find_reason(*ended: "asyncio.Future[Any]") -> Closed | None:
    """Find why a socket is to be closed: the first Closed among what has ended. Raises any other error."""
    for future in ended:
        if not future.done() or future.cancelled():
            continue
        error = future.exception()
        reason = error or future.result()
        if isinstance(reason, Closed):
            return reason
        if error is not None and not isinstance(error, WebSocketDisconnect):
            raise error
    return None


class Channel:
    """An accepted WebSocket. `send` never waits: a peer that does not take its messages is closed."""

    def __init__(self, socket: WebSocket, limits: SocketLimits) -> None:
        self._socket, self._limits = socket, limits
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(limits.outgoing)
        self._loop = asyncio.get_running_loop()
        self._allowance, self._counted_at = limits.burst, self._loop.time()
        self._closing: asyncio.Future[Closed] = self._loop.create_future()

    def send(self, message: dict[str, Any]) -> bool:
        """Queue a message. Returns False, and closes the socket, if too many wait already."""
        if self._closing.done():
            return False
        try:
            self._outgoing.put_nowait(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
        except asyncio.QueueFull:
            self.close(Closed(CloseCode.policy, "too_slow", "The extension does not take its messages."))
            return False
        return True

    def close(self, reason: Closed) -> None:
        """End `run` with a reason, unless it has one."""
        if not self._closing.done():
            self._closing.set_result(reason)

    async def receive(self, seconds: float | None = None) -> str:
        """Wait for the next text message. Raises WebSocketDisconnect, TimeoutError, and Closed for what breaks the rules."""
        async with asyncio.timeout(seconds):
            message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1005)
        self._count()
        text = message.get("text")
        if text is None:
            raise Closed(CloseCode.protocol, "binary", "Send JSON as text messages.")
        return str(text)

    def _count(self) -> None:
        """Take one message from the allowance, which refills with time."""
        now = self._loop.time()
        refilled = self._allowance + (now - self._counted_at) * self._limits.messages
        self._allowance, self._counted_at = min(self._limits.burst, refilled) - 1, now
        if self._allowance < 0:
            raise Closed(CloseCode.policy, "too_many_messages", "Too many messages. Send fewer than fifty a second.")

    async def run(self, conversation: Coroutine[Any, Any, None]) -> Closed | None:
        """Send what is queued while a conversation runs, and close the socket when either ends. Returns why it was closed."""
        reading = asyncio.create_task(conversation)
        writing = asyncio.create_task(self._write())
        try:
            ends: set[asyncio.Future[Any]] = {reading, writing, self._closing}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            reason = find_reason(reading, writing, self._closing)
        finally:
            for task in (reading, writing):
                task.cancel()
            await asyncio.wait({reading, writing})
        if reason:
            await self._end(reason)
        return reason

    async def _write(self) -> None:
        while True:
            text = await self._outgoing.get()
            try:
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._socket.send_text(text)
            except TimeoutError:
                raise Closed(CloseCode.policy, "too_slow", "The extension does not take its messages.") from None

    async def _end(self, reason: Closed) -> None:
        """Send the reason and close, unless the peer takes nothing, or has gone."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(1):
                while not self._outgoing.empty():
                    await self._socket.send_text(self._outgoing.get_nowait())
                await self._socket.send_text(json.dumps({"type": "error", "name": reason.name, "detail": reason.detail}))
                await self._socket.close(reason.code, reason.name)
