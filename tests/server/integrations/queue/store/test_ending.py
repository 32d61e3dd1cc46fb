import pytest

from server.integrations.queue.states import State
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_end_of_a_prompt_frees_its_chat(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first, second = await room.submit(chat_id="a"), await room.submit(chat_id="a")
        await room.begin()
        await room.queue.cancel(first.id)
        assert (await room.claim()).prompt.id == second.id


async def test_prompt_that_comes_back_is_at_its_place(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first, second = await room.submit(chat_id="a"), await room.submit(chat_id="a")
        lease = await room.claim()
        await room.queue.release(first.id, lease.token)
        assert (await room.claim()).prompt.id == first.id
        await room.queue.cancel(first.id)
        await room.queue.retry(first.id)
        assert [(await room.finish()).id for _ in range(2)] == [second.id, first.id], "a retry is at the end"


async def test_ended_prompt_is_no_ones(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        await room.begin()
        ended = await room.queue.cancel(prompt.id)
        assert (ended.state, ended.worker, ended.expires_at) == (State.cancelled, None, None)
        assert await room.queue.list_held() == []
