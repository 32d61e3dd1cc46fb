import pytest

from server.core.errors import Conflict, NotFound
from server.integrations.queue.models import PromptResult
from server.integrations.queue.states import State, Status
from tests.server.integrations.queue.queue_setup import OTHER, URL, opened

pytestmark = pytest.mark.anyio


async def test_prompt_is_stored_sent_and_answered(tmp_path) -> None:
    async with opened(tmp_path) as room:
        submitted = await room.submit("Explain it", webhook_url=URL)
        assert (submitted.state, submitted.chat.chat_id, submitted.chat.title) == (State.idle, None, None)
        lease = await room.claim()
        assert (lease.prompt.id, lease.prompt.state, lease.prompt.status) == (submitted.id, State.leased, Status.idle)
        assert (await room.queue.acknowledge(submitted.id, lease.token)).status == Status.executing
        await room.queue.progress(submitted.id, lease.token, "It is")
        assert (await room.queue.read(submitted.id)).partial == "It is"
        result = PromptResult("It is so.", chat_id="abc", chat_title="So", notes=("The default model was used.",))
        done = await room.queue.complete(submitted.id, lease.token, result)
        read = await room.queue.read(submitted.id)
        assert (read.state, read.response, read.partial, read.notes) == (State.done, "It is so.", None, result.notes)
        assert (read.chat.chat_id, read.chat.title, read.chat.id) == ("abc", "So", submitted.chat.id)
        assert [entry.state for entry in read.history] == [State.idle, State.leased, State.executing, State.done]
        assert (done.chat, done.completed_at, done.started_at) == (read.chat, read.completed_at, read.started_at)
        [(message_id, body)] = await room.webhooks()
        assert submitted.id in message_id
        assert body == {
            "request_id": submitted.id,
            "status": "done",
            "message": "Explain it",
            "response": "It is so.",
            "error": None,
            "response_type": "auto",
            "thinking_time": "standard",
        }
        assert await room.queue.claim("browser") is None


async def test_prompts_of_other_clients_are_not_found(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        for call in (
            room.queue.read(prompt.id, OTHER.id),
            room.queue.edit(prompt.id, "x", client_id=OTHER.id),
            room.queue.cancel(prompt.id, OTHER.id),
            room.queue.retry(prompt.id, OTHER.id),
            room.queue.replay(prompt.id, client_id=OTHER.id),
            room.queue.reorder(prompt.id, None, OTHER.id),
        ):
            with pytest.raises(NotFound):
                await call
        assert await room.queue.chats(OTHER.id) == []


async def test_old_token_is_refused(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        old = await room.claim("first")
        await room.queue.lose("first")
        new = await room.begin("second")
        assert new.prompt.id == old.prompt.id
        assert new.token > old.token
        for call in (
            room.queue.acknowledge(old.prompt.id, old.token),
            room.queue.progress(old.prompt.id, old.token, "x"),
            room.queue.complete(old.prompt.id, old.token, PromptResult("x")),
            room.queue.release(old.prompt.id, old.token),
        ):
            with pytest.raises(Conflict):
                await call
        assert (await room.queue.read(old.prompt.id)).state == State.executing
