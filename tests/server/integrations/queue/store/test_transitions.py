import pytest

from server.core.errors import Conflict
from server.integrations.queue.states import State
from server.integrations.queue.store import transitions
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_move_writes_the_state_its_moment_and_the_history(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        values = {"error_message": "It ended."}
        moved = await room.context.database.write(transitions.move, prompt, State.failed, 5_000_000_000.0, "It ended.", **values)
        assert (moved.state, moved.ends, moved.error_message) == (State.failed, 1, "It ended.")
        read = await room.queue.read(prompt.id)
        assert read.completed_at == read.history[-1].at
        assert [(entry.state, entry.reason) for entry in read.history] == [(State.idle, ""), (State.failed, "It ended.")]


async def test_action_is_refused_in_a_state_that_the_table_does_not_have(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        transitions.require_source(prompt, "cancel")
        with pytest.raises(Conflict, match="idle"):
            transitions.require_source(prompt, "resolve")
        for token, action in ((prompt.token + 1, "complete"), (prompt.token, "fail")):
            with pytest.raises(Conflict):
                transitions.require_lease(prompt, token, action)
