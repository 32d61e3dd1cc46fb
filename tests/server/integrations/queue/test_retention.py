import asyncio

import pytest

from server.core.errors import NotFound
from server.integrations.queue.retention import Retention
from server.integrations.queue.store import monitor
from server.integrations.queue.store.monitor import Selection
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def list_messages(room):
    rows, _ = await room.context.database.read(monitor.list_page, Selection(), 0, 10)
    return [row["message"] for row in rows]


async def test_prompt_that_ended_too_long_ago_is_deleted_with_its_answers(tmp_path) -> None:
    async with opened(tmp_path, keep_days=2) as room:
        old = await room.submit("old")
        await room.finish()
        await room.submit("waiting")
        room.clock.move(days=1)
        await room.queue.cancel((await room.submit("cancelled")).id)
        room.clock.move(days=1, seconds=1)
        await Retention(room.queue).prune()
        assert await list_messages(room) == ["cancelled", "waiting"]
        with pytest.raises(NotFound):
            await room.queue.read(old.id)
        assert (await room.submit("new")).number == old.number + 3


async def test_prompts_are_kept_unless_the_person_sets_a_time(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit("old")
        await room.finish()
        room.clock.move(days=5_000)
        await Retention(room.queue).prune()
        assert await list_messages(room) == ["old"]


async def test_retention_begins_with_the_queue(tmp_path) -> None:
    async with opened(tmp_path, keep_days=1) as room:
        await room.submit("old")
        await room.finish()
        room.clock.move(days=2)
        waiting = asyncio.create_task(room.queue.changes.wait(seconds=60))
        await asyncio.sleep(0)
        async with Retention(room.queue).running():
            assert await waiting
        assert await list_messages(room) == []
