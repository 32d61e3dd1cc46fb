import pytest

from server.core.errors import Conflict, NotFound
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def claim_all(room) -> list[str]:
    messages = []
    while lease := await room.queue.claim("browser", {"find"}):
        messages.append(lease.prompt.message)
        await room.queue.cancel(lease.prompt.id)
    return messages


async def test_prompt_is_moved_before_another_or_to_the_end(tmp_path) -> None:
    async with opened(tmp_path) as room:
        a, b, c, d = [await room.submit(name) for name in "abcd"]
        await room.queue.reorder(c.id, a.id)
        await room.queue.reorder(a.id, None)
        await room.queue.reorder(d.id, b.id)
        await room.queue.reorder(b.id, b.id)
        assert await claim_all(room) == ["c", "d", "b", "a"]


async def test_order_of_a_chat_is_changed_too(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first, second = await room.submit("1", "a"), await room.submit("2", "a")
        await room.queue.reorder(second.id, first.id)
        assert await claim_all(room) == ["2", "1"]


async def test_moved_prompt_gets_the_priority_that_its_place_needs(tmp_path) -> None:
    async with opened(tmp_path) as room:
        low, urgent = await room.submit("low"), await room.submit("urgent", priority=9)
        await room.queue.reorder(low.id, urgent.id)
        assert (await room.queue.read(low.id)).priority == 9
        assert await claim_all(room) == ["low", "urgent"]


async def test_there_is_always_room_between_two(tmp_path) -> None:
    async with opened(tmp_path) as room:
        a, b, c = [await room.submit(name) for name in "abc"]
        for _ in range(60):
            await room.queue.reorder(c.id, b.id)
            await room.queue.reorder(a.id, None)
            await room.queue.reorder(a.id, b.id)
            b, c = c, b
        await room.submit("last")
        assert (await claim_all(room))[-1] == "last"


async def test_priority_is_changed_while_it_waits(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first, second = await room.submit("1"), await room.submit("2")
        await room.queue.edit(second.id, priority=1)
        assert await claim_all(room) == ["2", "1"]
        for call in (room.queue.edit(first.id, priority=1), room.queue.reorder(first.id, None), room.queue.reorder("none", None)):
            with pytest.raises((Conflict, NotFound)):
                await call


async def test_prompt_at_the_end_is_behind_all_priorities(tmp_path) -> None:
    async with opened(tmp_path) as room:
        urgent, _ = await room.submit("urgent", priority=9), await room.submit("low", priority=-1)
        await room.queue.reorder(urgent.id, None)
        assert await claim_all(room) == ["low", "urgent"]
