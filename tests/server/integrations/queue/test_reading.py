import asyncio

import pytest

from server.core.errors import NotFound
from server.integrations.queue.models import ClientRef, PromptResult
from server.integrations.queue.states import State
from tests.server.integrations.queue.queue_setup import OTHER, opened

pytestmark = pytest.mark.anyio


async def test_caller_waits_until_its_prompt_has_ended(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        waiting = asyncio.create_task(room.queue.wait_for_end(prompt.id, 20))
        lease = await room.begin()
        assert not waiting.done()
        await room.queue.complete(prompt.id, lease.token, PromptResult("World"))
        assert (await waiting).response == "World"
        assert (await room.queue.wait_for_end(prompt.id, 20)).state == State.done


async def test_wait_ends_with_the_state_of_that_time(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        assert (await room.queue.wait_for_end(prompt.id, 0.01)).state == State.idle
        with pytest.raises(NotFound):
            await room.queue.wait_for_end(prompt.id, 20, OTHER.id)


async def test_no_time_is_promised_while_prompts_are_held(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        lease = await room.begin()
        room.clock.move(seconds=30)
        await room.queue.complete(lease.prompt.id, lease.token, PromptResult("World"))
        unasked = await room.submit(client=ClientRef("unasked", "A third program"))
        allowed = await room.submit()
        assert (place := await room.queue.find_place(unasked.id))
        assert (place.position, place.expected_at) == (1, None)
        assert (place := await room.queue.find_place(allowed.id))
        assert place.expected_at is not None
        await room.queue.pause()
        assert (place := await room.queue.find_place(allowed.id))
        assert (place.position, place.expected_at) == (2, None)


async def test_place_counts_those_that_are_before_it(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first, second = await room.submit(), await room.submit()
        urgent = await room.submit(priority=1)
        places = [await room.queue.find_place(prompt.id) for prompt in (urgent, first, second)]
        assert [place and place.position for place in places] == [1, 2, 3]
        assert all(place and place.expected_at is None for place in places), "nothing is known of how long one takes"
        lease = await room.begin()
        room.clock.move(seconds=30)
        await room.queue.complete(urgent.id, lease.token, PromptResult("World"))
        assert await room.queue.find_place(urgent.id) is None
        place = await room.queue.find_place(second.id)
        assert place is not None
        assert place.expected_at is not None
        assert (place.position, (place.expected_at - room.clock.now()).total_seconds()) == (2, 60)
