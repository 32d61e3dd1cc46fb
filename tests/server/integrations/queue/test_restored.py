"""Restored backups of the queue send nothing by themselves."""

import pytest

from server.integrations.queue import RESTORED, integration
from server.integrations.queue.states import State
from server.storage.revocation import revoke_access
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("with_access", [False, True])
async def test_prompt_of_a_backup_is_not_sent(tmp_path, with_access) -> None:
    async with opened(tmp_path) as room:
        done, running, leased, waiting = [await room.submit(name) for name in ("done", "running", "leased", "waiting")]
        await room.finish()
        await room.begin()
        await room.claim()
        service_clock = room.clock
    revoke_access(tmp_path / "deskhand.db", service_clock.now(), integration.revocations, with_access=with_access)
    async with opened(tmp_path, clock=service_clock, approved=False) as room:
        states = [(await room.queue.read(prompt.id)).state for prompt in (done, running, leased, waiting)]
        assert states == [State.done, State.uncertain, State.cancelled, State.cancelled]
        assert (await room.queue.read(waiting.id)).error_message == RESTORED
        assert await room.queue.claim("browser") is None
        approved = {client.approved for client in await room.queue.clients()}
        assert approved == ({True} if with_access else {None})
        await room.queue.retry(waiting.id)
        assert (await room.queue.claim("browser") is not None) is with_access
