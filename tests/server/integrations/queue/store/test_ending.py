import pytest

from server.integrations.queue.models import PromptFailure
from server.integrations.queue.states import State
from tests.server.integrations.queue.queue_setup import CLIENT, OTHER, URL, opened

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


@pytest.mark.parametrize("step", ["release", "fail", "lose", "expire"])
async def test_prompt_of_a_client_that_was_refused_meanwhile_fails_instead_of_waiting_for_ever(tmp_path, step) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit(chat_id="a", webhook_url=URL)
        following = await room.submit(chat_id="a", client=OTHER)
        lease = await room.claim()
        await room.queue.set_approval(CLIENT.id, approved=False)
        assert (await room.queue.read(prompt.id)).state is State.leased
        if step == "release":
            await room.queue.release(prompt.id, lease.token)
        elif step == "fail":
            await room.queue.fail(prompt.id, lease.token, PromptFailure("page", "It failed.", sent=False))
        elif step == "lose":
            await room.queue.lose("browser")
        else:
            room.clock.move(days=1)
            await room.queue.expire_leases()
        failed = await room.queue.read(prompt.id)
        assert (failed.state, failed.error_name, failed.dead) == (State.failed, "not_allowed", False)
        assert [body["status"] for _, body in await room.webhooks()] == ["failed"]
        assert (await room.claim()).prompt.id == following.id


async def test_ended_prompt_is_no_ones(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        await room.begin()
        ended = await room.queue.cancel(prompt.id)
        assert (ended.state, ended.worker, ended.expires_at) == (State.cancelled, None, None)
        assert await room.queue.list_held() == []
