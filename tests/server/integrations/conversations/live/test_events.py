import asyncio
import time

import pytest

pytestmark = pytest.mark.anyio


async def test_end_of_a_response_wakes_its_waiter(live) -> None:
    events, started = live.chats.events, time.monotonic()
    waiting = asyncio.create_task(events.wait_for_response("resp_1", 30))
    await asyncio.sleep(0)
    events.end_response("resp_2")
    live.service.openai_webhook.on_end("resp_1")
    await waiting
    assert time.monotonic() - started < 20


async def test_types_of_events_are_offered_to_the_person(live) -> None:
    types = {"conversation.created", "message.created", "response.completed", "response.failed"}
    assert types <= set(live.context.webhooks.types)
