from typing import Any

import anyio
import pytest
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification, JSONRPCResponse

from server.integrations.tools.adapter import messages
from server.integrations.tools.adapter.ending import Ending
from server.integrations.tools.adapter.messages import InspectedStream


class Repeating:
    """Stream with one message, again and again."""

    def __init__(self, message: Any) -> None:
        self._message = message

    async def receive(self) -> SessionMessage:
        return SessionMessage(self._message)


async def receive_all(stream: InspectedStream, count: int) -> None:
    for _ in range(count):
        await stream.receive()


async def test_answers_are_inspected_and_not_limited() -> None:
    seen: list[dict[str, Any]] = []
    response = JSONRPCResponse(jsonrpc="2.0", id=1, result={"a": 1})
    stream = InspectedStream(Repeating(response), Ending(), seen.append)
    await receive_all(stream, 2 * messages.MOST_UNREQUESTED)
    assert len(seen) == 2 * messages.MOST_UNREQUESTED


async def test_notifications_without_end_end_the_session() -> None:
    ending = Ending()
    stream = InspectedStream(Repeating(JSONRPCNotification(jsonrpc="2.0", method="x")), ending, lambda _: None)
    await receive_all(stream, messages.MOST_UNREQUESTED)
    with pytest.raises(anyio.EndOfStream):
        await receive_all(stream, messages.MOST_UNREQUESTED)
    assert ending.sentence == "sends messages without end"
