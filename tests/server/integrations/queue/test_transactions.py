import pytest

from server.core.errors import Conflict
from server.integrations.queue.changes import Change
from server.integrations.queue.states import State
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_change_is_published_after_it_is_stored(tmp_path) -> None:
    async with opened(tmp_path) as room:
        heard: list[Change] = []
        with room.queue.changes.listening(heard.append):
            prompt = await room.submit()
            await room.queue.cancel(prompt.id)
            with pytest.raises(Conflict):
                await room.queue.cancel(prompt.id)
        assert [(change.prompt_id, change.client_id, change.state) for change in heard] == [
            (prompt.id, "client", State.idle),
            (prompt.id, "client", State.cancelled),
        ]


async def test_each_lost_prompt_is_published(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompts = {(await room.submit()).id for _ in range(3)}
        for _ in prompts:
            await room.claim()
        heard: list[Change] = []
        with room.queue.changes.listening(heard.append):
            await room.queue.lose("browser")
        assert {change.prompt_id for change in heard} == prompts
