from datetime import timedelta

import pytest

from server.integrations.queue.models import PromptFailure
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_summary_counts_each_state(tmp_path) -> None:
    async with opened(tmp_path, daily_cap=9, most_attempts=1) as room:
        for _ in range(8):
            await room.submit()
        await room.finish()
        lease = await room.begin()
        await room.queue.fail(lease.prompt.id, lease.token, PromptFailure("page", "It broke.", sent=False))
        await room.begin("lost")
        await room.queue.lose("lost")
        await room.begin()
        await room.claim()
        summary = await room.queue.summarize()
        assert (summary.waiting, summary.running, summary.uncertain) == (4, 1, 1)
        assert (summary.done_today, summary.failed_today, summary.dead) == (1, 1, 1)
        assert (summary.sent_today, summary.daily_cap, summary.limit_until) == (4, 9, None)
        room.clock.move(days=1)
        tomorrow = await room.queue.summarize()
        assert (tomorrow.done_today, tomorrow.failed_today, tomorrow.sent_today, tomorrow.dead) == (0, 0, 0, 1)


async def test_limit_of_the_page_is_shown_until_it_ends(tmp_path) -> None:
    async with opened(tmp_path) as room:
        until = room.clock.now() + timedelta(minutes=1)
        await room.queue.limit_until(until)
        assert (await room.queue.summarize()).limit_until == until
        room.clock.move(minutes=1)
        assert (await room.queue.summarize()).limit_until is None
