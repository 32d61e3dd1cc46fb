import asyncio

import pytest
from starlette.types import Message

from server.sdk import disconnect
from server.sdk.disconnect import DisconnectWatch


async def test_work_ends_when_its_client_hangs_up(monkeypatch) -> None:
    monkeypatch.setattr(disconnect, "WATCH_SECONDS", 0)
    messages = [{"type": "http.disconnect"}, {"type": "http.request"}]

    async def receive() -> Message:
        return messages.pop()

    async with asyncio.timeout(30):
        with DisconnectWatch(receive):
            await asyncio.Event().wait()
    assert not messages


async def test_cancellation_by_another_is_not_swallowed() -> None:
    async def work() -> None:
        with DisconnectWatch(asyncio.Event().wait):  # type: ignore[arg-type]  # nothing is ever received
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.wait([task], timeout=0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
