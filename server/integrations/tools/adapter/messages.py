"""Inspection of what a server sends, before the SDK sees it."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCResponse

from server.integrations.tools.adapter.ending import Ending

MOST_UNREQUESTED = 2_000  # messages that answer nothing, at once
UNREQUESTED_PER_SECOND = 200


class InspectedStream:
    """Messages from a server. Ends the session of a server that sends unrequested messages without end."""

    def __init__(self, stream: Any, ending: Ending, inspect: Callable[[dict[str, Any]], None]) -> None:
        self._stream, self._ending, self._inspect = stream, ending, inspect
        self._allowance, self._updated = float(MOST_UNREQUESTED), monotonic()

    @property
    def last_context(self) -> Any:
        """Context of the message's sender, which the SDK restores."""
        return getattr(self._stream, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message. Raises anyio.EndOfStream at the end of the session."""
        try:
            message = await self._stream.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            self._ending.set("ended the connection")
            raise
        if isinstance(message, SessionMessage) and isinstance(message.message, JSONRPCResponse):
            self._inspect(message.message.result)
        elif not self._has_allowance():
            self._ending.set("sends messages without end")
            raise anyio.EndOfStream
        return message  # type: ignore[no-any-return]

    def _has_allowance(self) -> bool:
        now = monotonic()
        self._allowance = min(MOST_UNREQUESTED, self._allowance + (now - self._updated) * UNREQUESTED_PER_SECOND) - 1
        self._updated = now
        return self._allowance >= 0

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
