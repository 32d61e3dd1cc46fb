from datetime import timedelta

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from server.integrations.queue.models import Lane, PromptFile
from server.integrations.queue.store import claims
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_priority_comes_first_then_the_order_of_submission(tmp_path) -> None:
    async with opened(tmp_path) as room:
        low, first, second = await room.submit(priority=-1), await room.submit(), await room.submit()
        urgent = await room.submit(priority=5)
        assert [(await room.claim()).prompt.id for _ in range(4)] == [urgent.id, first.id, second.id, low.id]


async def test_prompt_waits_for_its_time_without_holding_up_others(tmp_path) -> None:
    async with opened(tmp_path) as room:
        at = room.clock.now() + timedelta(hours=1)
        later, now = await room.submit(not_before=at), await room.submit()
        assert (await room.finish()).id == now.id
        assert await room.queue.claim("browser") is None
        assert await room.queue.next_claim_at() == at
        room.clock.move(hours=1)
        assert (await room.claim()).prompt.id == later.id


async def test_pause_cap_and_limit_say_when_to_look_again(tmp_path) -> None:
    async with opened(tmp_path, pause_seconds=2, daily_cap=2) as room:
        assert await room.queue.next_claim_at() is None
        for _ in range(4):
            await room.submit()
        assert await room.queue.next_claim_at() == room.clock.now()
        await room.claim()
        assert await room.queue.claim("browser") is None
        assert await room.queue.next_claim_at() == room.clock.now() + timedelta(seconds=2)
        room.clock.move(seconds=2)
        await room.queue.limit_until(room.clock.now() + timedelta(minutes=5))
        assert await room.queue.claim("browser") is None
        assert await room.queue.next_claim_at() == room.clock.now() + timedelta(minutes=5)
        await room.queue.limit_until(None)
        await room.claim()
        room.clock.move(seconds=2)
        assert await room.queue.claim("browser") is None, "the cap"
        tomorrow = await room.queue.next_claim_at()
        assert tomorrow is not None
        assert tomorrow.astimezone().hour == 0
        await room.queue.pause()
        assert await room.queue.next_claim_at() is None


async def test_unsent_prompt_does_not_count(tmp_path) -> None:
    async with opened(tmp_path, daily_cap=1) as room:
        await room.submit()
        for _ in range(3):
            await room.claim()
            await room.queue.lose("browser")
        lease = await room.claim()
        await room.queue.release(lease.prompt.id, lease.token)
        assert (await room.queue.summarize()).sent_today == 0
        await room.begin()
        assert (await room.queue.summarize()).sent_today == 1


async def test_prompt_goes_to_an_extension_that_can_take_it(tmp_path) -> None:
    async with opened(tmp_path) as room:
        with_file, plain = await room.submit(attachments=(PromptFile("a.txt", "text/plain", b"a"),)), await room.submit()
        lease = await room.queue.claim("simple")
        assert lease is not None
        assert lease.prompt.id == plain.id
        assert await room.queue.claim("simple") is None
        assert (await room.claim()).prompt.id == with_file.id


async def test_lane_takes_its_own_prompts(tmp_path) -> None:
    async with opened(tmp_path, daily_cap=1) as room:
        prompt = await room.submit()
        await room.finish()
        await room.queue.replay(prompt.id, Lane.api, "gpt")
        assert await room.queue.claim("browser") is None
        lease = await room.queue.claim("api", lane=Lane.api)
        assert lease is not None, "the cap is of the page"
        assert (lease.prompt.id, lease.prompt.model) == (prompt.id, "gpt")


def test_claim_skips_what_another_server_has_locked() -> None:
    assert "FOR UPDATE OF queue_prompt SKIP LOCKED" in str(claims.NEXT.statement.compile(dialect=postgresql.dialect()))
    assert "LOCKED" not in str(claims.NEXT.statement.compile(dialect=sqlite.dialect()))
