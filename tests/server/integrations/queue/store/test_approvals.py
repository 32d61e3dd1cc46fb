import pytest

from server.core.errors import Forbidden, InvalidInput, NotFound
from server.integrations.queue.models import Decision, DecisionKind, Lane
from server.integrations.queue.states import State
from server.integrations.queue.store import approvals
from tests.server.integrations.queue.queue_setup import CLIENT, OTHER, URL, opened

pytestmark = pytest.mark.anyio


async def test_nothing_of_a_client_is_sent_before_the_person_allows_it(tmp_path) -> None:
    async with opened(tmp_path, approved=False) as room:
        prompts = [await room.submit(), await room.submit(chat_id="a"), await room.submit(chat_id="a")]
        assert await room.queue.claim("browser") is None
        [waiting] = (await room.queue.summarize()).approval_needed
        assert (waiting.id, waiting.approved, waiting.waiting) == (CLIENT.id, None, 3)
        assert await room.queue.set_approval(CLIENT.id, approved=True) == 3
        assert [(await room.claim()).prompt.id for _ in range(2)] == [prompts[0].id, prompts[1].id]
        assert await room.queue.claim("browser") is None, "the chat is busy"


async def test_client_without_an_answer_holds_nobody_up(tmp_path) -> None:
    async with opened(tmp_path, approved=False) as room:
        await room.submit(chat_id="shared", client=OTHER)
        mine = await room.submit(chat_id="shared")
        await room.queue.set_approval(CLIENT.id, approved=True)
        assert (await room.claim()).prompt.id == mine.id


async def test_no_of_the_person_fails_what_waits_and_refuses_more(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(approvals, "AT_ONCE", 2)
    async with opened(tmp_path) as room:
        running = await room.begin() if await room.submit() else None
        waiting = [await room.submit(webhook_url=URL) for _ in range(5)]
        assert await room.queue.set_approval(CLIENT.id, approved=False, reason="Not today.") == 5
        ended = [await room.queue.read(prompt.id) for prompt in waiting]
        assert {(prompt.state, prompt.error_message) for prompt in ended} == {(State.failed, "Not today.")}
        assert len(await room.webhooks()) == 5
        assert running is not None
        assert (await room.queue.read(running.prompt.id)).state == State.executing
        with pytest.raises(Forbidden):
            await room.submit()


async def test_prompt_of_a_refused_client_is_not_put_back(tmp_path) -> None:
    async with opened(tmp_path) as room:
        lost = await room.submit()
        await room.begin()
        await room.queue.lose("browser")
        waiting = await room.submit()
        await room.queue.set_approval(CLIENT.id, approved=False)
        for again in (
            room.queue.retry(waiting.id),
            room.queue.replay(waiting.id, Lane.browser, None),
            room.queue.resolve(lost.id, Decision(DecisionKind.resend)),
        ):
            with pytest.raises(Forbidden):
                await again
        states = [(await room.queue.read(prompt.id)).state for prompt in (lost, waiting)]
        assert states == [State.uncertain, State.failed]


async def test_unknown_client_and_private_address_are_refused(tmp_path) -> None:
    async with opened(tmp_path) as room:
        with pytest.raises(NotFound):
            await room.queue.set_approval("nobody", approved=True)
        with pytest.raises(InvalidInput):
            await room.queue.set_webhook(CLIENT, "https://192.168.0.1/")


async def test_clients_are_named_only_while_they_wait_for_the_person(tmp_path) -> None:
    async with opened(tmp_path, approved=False) as room:
        await room.queue.set_webhook(OTHER, URL)
        prompt = await room.submit()
        assert [client.id for client in (await room.queue.summarize()).approval_needed] == [CLIENT.id]
        await room.queue.cancel(prompt.id)
        assert (await room.queue.summarize()).approval_needed == []
