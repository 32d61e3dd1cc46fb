from datetime import timedelta

import pytest

from server.core.errors import Conflict
from server.integrations.queue.states import State
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_connection_lost_before_the_acknowledgement_means_idle_and_after_it_uncertain(tmp_path) -> None:
    async with opened(tmp_path) as room:
        typed, untouched, others = await room.submit(), await room.submit(), await room.submit()
        await room.begin()
        await room.claim()
        await room.claim("second")
        lost = await room.queue.lose("browser")
        assert [(prompt.id, prompt.state, prompt.attempts) for prompt in lost] == [
            (typed.id, State.uncertain, 0),
            (untouched.id, State.idle, 0),
        ]
        assert (await room.queue.read(others.id)).state == State.leased
        assert (await room.claim()).prompt.id == untouched.id, "an uncertain prompt is not sent again"
        assert await room.queue.claim("browser") is None


async def test_lease_is_extended_by_heartbeats_and_lost_without(tmp_path) -> None:
    async with opened(tmp_path, lease_seconds=60) as room:
        prompt = await room.submit()
        lease = await room.begin()
        assert lease.expires_at == room.clock.now() + timedelta(seconds=60)
        for _ in range(3):
            room.clock.move(seconds=50)
            await room.queue.heartbeat("browser")
            assert await room.queue.expire_leases() == []
        await room.queue.heartbeat("another")
        room.clock.move(seconds=61)
        assert [(lost.id, lost.state) for lost in await room.queue.expire_leases()] == [(prompt.id, State.uncertain)]


async def test_extension_that_is_back_goes_on_with_its_token(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        lease = await room.begin("before")
        await room.queue.lose("before")
        back = await room.queue.acknowledge(lease.prompt.id, lease.token, "after")
        assert (back.state, back.worker) == (State.executing, "after")
        assert await room.queue.lose("before") == []
        assert (await room.finish_lease(lease)).state == State.done


async def test_result_for_an_uncertain_prompt_counts(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        lease = await room.begin()
        await room.queue.lose("browser")
        assert (await room.finish_lease(lease)).state == State.done


async def test_acknowledgement_is_repeated_without_effect(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        lease = await room.begin()
        room.clock.move(seconds=5)
        again = await room.queue.acknowledge(lease.prompt.id, lease.token)
        assert again.started_at == lease.prompt.queued_at
        assert [entry.state for entry in (await room.queue.read(again.id)).history].count(State.executing) == 1


async def test_partial_text_is_of_the_lease_in_force(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        lease = await room.claim()
        with pytest.raises(Conflict):
            await room.queue.progress(lease.prompt.id, lease.token, "Not begun")
        await room.queue.acknowledge(lease.prompt.id, lease.token)
        await room.queue.progress(lease.prompt.id, lease.token, "Half")
        with pytest.raises(Conflict):
            await room.queue.progress(lease.prompt.id, lease.token - 1, "Old")
        assert (await room.queue.read(lease.prompt.id)).partial == "Half"


async def test_leases_survive_a_restart(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        lease = await room.begin()
    async with opened(tmp_path) as room:
        [held] = await room.queue.list_held("browser")
        assert (held.prompt.id, held.token) == (lease.prompt.id, lease.token)
        assert [each.prompt.id for each in await room.queue.list_held()] == [lease.prompt.id]
        assert (await room.finish_lease(lease)).state == State.done
