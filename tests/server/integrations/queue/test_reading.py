import asyncio

import pytest

from server.core.errors import NotFound
from server.integrations.queue.models import ClientRef, Place, PromptFile, PromptResult
from server.integrations.queue.queue import Queue
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
    connected = [{"find"}]
    async with opened(tmp_path) as room:
        room.queue = Queue(room.context, lambda: connected)
        await room.submit()
        lease = await room.begin()
        room.clock.move(seconds=30)
        await room.queue.complete(lease.prompt.id, lease.token, PromptResult("World"))
        unasked = await room.submit(client=ClientRef("unasked", "A third program"))
        allowed = await room.submit()
        places = await room.queue.find_places(unasked, allowed)
        assert places[unasked.id] == Place(1)
        assert places[allowed.id].expected_at is not None
        with_file = await room.submit(attachments=(PromptFile("a.txt", "text/plain", b"a"),))
        assert (await room.queue.find_places(with_file))[with_file.id] == Place(3), "no browser can attach it"
        connected[0].add("attachments")
        assert (await room.queue.find_places(with_file))[with_file.id].expected_at is not None
        connected.clear()
        assert await room.queue.find_places(allowed) == {allowed.id: Place(2)}
        connected.append({"find"})
        await room.queue.pause()
        assert await room.queue.find_places(allowed) == {allowed.id: Place(2)}


async def test_place_counts_those_that_are_before_it(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first, second = await room.submit(), await room.submit()
        urgent = await room.submit(priority=1)
        places = await room.queue.find_places(first, second, urgent)
        assert places == {urgent.id: Place(1), first.id: Place(2), second.id: Place(3)}, "it is unknown how long one takes"
        assert places == {prompt.id: (await room.queue.find_places(prompt))[prompt.id] for prompt in (first, second, urgent)}
        lease = await room.begin()
        room.clock.move(seconds=30)
        await room.queue.complete(urgent.id, lease.token, PromptResult("World"))
        [place] = (await room.queue.find_places(await room.queue.read(urgent.id), second)).values()
        assert place.expected_at is not None
        assert (place.position, (place.expected_at - room.clock.now()).total_seconds()) == (2, 60)
