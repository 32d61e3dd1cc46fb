import pytest

from server.core.errors import Conflict, InvalidInput
from server.integrations.queue.models import Decision, Lane, PromptFailure, PromptResult
from server.integrations.queue.states import State
from tests.server.integrations.queue.queue_setup import CLIENT, URL, opened

pytestmark = pytest.mark.anyio


async def test_waiting_prompt_can_be_edited_and_no_other(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit("Helo")
        await room.queue.edit(prompt.id, "Hello")
        with pytest.raises(InvalidInput):
            await room.queue.edit(prompt.id, " ")
        lease = await room.claim()
        assert lease.prompt.message == "Hello"
        with pytest.raises(Conflict):
            await room.queue.edit(prompt.id, "Too late")


async def test_cancelled_prompt_takes_no_result(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit(webhook_url=URL)
        lease = await room.begin()
        cancelled = await room.queue.cancel(lease.prompt.id)
        assert (cancelled.state, cancelled.status, cancelled.error_message) == (State.cancelled, "failed", "Cancelled.")
        with pytest.raises(Conflict):
            await room.queue.complete(lease.prompt.id, lease.token, PromptResult("Late"))
        assert [body["error"] for _, body in await room.webhooks()] == ["Cancelled."]


async def test_retry_of_what_was_begun_looks_into_the_chat_first(tmp_path) -> None:
    async with opened(tmp_path) as room:
        never = await room.submit()
        await room.queue.cancel(never.id)
        assert not (await room.queue.retry(never.id)).find_first
        lease = await room.begin()
        await room.queue.fail(never.id, lease.token, PromptFailure("page", "The page broke.", sent=True))
        again = await room.queue.retry(never.id)
        assert (again.state, again.attempts, again.error_message, again.find_first) == (State.idle, 0, None, True)
        assert await room.queue.claim("simple") is None, "it cannot look"
        assert (await room.claim()).prompt.find_first


async def test_replay_keeps_both_answers_and_has_a_webhook_of_its_own(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit(webhook_url=URL)
        await room.finish("First")
        replayed = await room.queue.replay(prompt.id, Lane.api, "gpt")
        assert (replayed.state, replayed.lane, replayed.completed_at, replayed.response) == (State.idle, Lane.api, None, None)
        lease = await room.queue.claim("api", lane=Lane.api)
        assert lease is not None
        await room.queue.complete(prompt.id, lease.token, PromptResult("Second", model="gpt", lane=Lane.api))
        read = await room.queue.read(prompt.id)
        assert read.response == "Second"
        assert [(answer.lane, answer.model, answer.text) for answer in read.answers] == [
            (Lane.browser, None, "First"),
            (Lane.api, "gpt", "Second"),
        ]
        ids = [message_id for message_id, _ in await room.webhooks()]
        assert len(set(ids)) == 2


async def test_uncertain_prompt_waits_for_a_decision(tmp_path) -> None:
    async with opened(tmp_path) as room:
        for decision, state, error in (
            (Decision.fail, State.failed, "It is unknown whether ChatGPT received the message, and it was not sent again."),
            (Decision.answered("Found", "abc"), State.done, None),
            (Decision.resend, State.idle, None),
        ):
            prompt = await room.submit()
            await room.begin()
            await room.queue.lose("browser")
            room.clock.move(days=9)
            assert await room.queue.expire_leases() == []
            assert await room.queue.claim("browser", {"find"}) is None
            resolved = await room.queue.resolve(prompt.id, decision)
            assert (resolved.state, resolved.error_message) == (state, error)
            with pytest.raises(Conflict):
                await room.queue.resolve(prompt.id, decision)
        assert (await room.queue.find_chat("abc")).chat_id == "abc"
        assert (await room.claim()).prompt.find_first


async def test_late_answer_spares_a_resend(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        lease = await room.begin()
        await room.queue.lose("browser")
        await room.queue.resolve(prompt.id, Decision.resend)
        done = await room.queue.complete(prompt.id, lease.token, PromptResult("Late"))
        assert (done.state, done.response) == (State.done, "Late")
        assert await room.queue.claim("browser", {"find"}) is None


@pytest.mark.parametrize("is_lost", [True, False])
async def test_prompt_of_the_api_is_begun_again_as_no_chat_has_it(tmp_path, is_lost: bool) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        await room.finish()
        await room.queue.replay(prompt.id, Lane.api)
        lease = await room.queue.claim("api", lane=Lane.api)
        assert lease
        await room.queue.acknowledge(prompt.id, lease.token)
        if is_lost:
            await room.queue.lose("api")
            await room.queue.resolve(prompt.id, Decision.resend)
        else:
            await room.queue.cancel(prompt.id)
            await room.queue.retry(prompt.id)
        assert await room.queue.claim("api", lane=Lane.api)


async def test_client_spends_no_more_than_the_person_has_approved(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        await room.finish()
        await room.queue.replay(prompt.id, Lane.api, client_id=CLIENT.id)
        with pytest.raises(Conflict, match="approved"):
            await room.queue.edit(prompt.id, "Something else", 5, CLIENT.id)
        assert (await room.queue.read(prompt.id)).priority == 0  # an edit that is refused changes nothing
        await room.queue.cancel(prompt.id, CLIENT.id)
        with pytest.raises(Conflict, match="approved"):
            await room.queue.retry(prompt.id, CLIENT.id)
        await room.queue.retry(prompt.id)
        assert (await room.queue.edit(prompt.id, "The person's own")).message == "The person's own"


async def test_earlier_message_of_a_replay_is_not_taken_for_its_own(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        await room.finish()
        assert (await room.queue.replay(prompt.id)).started_at is None
        await room.queue.cancel(prompt.id)
        assert not (await room.queue.retry(prompt.id)).find_first
