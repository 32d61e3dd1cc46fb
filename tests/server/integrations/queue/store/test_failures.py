from datetime import timedelta

import pytest

from server.core.errors import Conflict
from server.integrations.queue.models import PromptFailure
from server.integrations.queue.states import State
from tests.server.integrations.queue.queue_setup import URL, opened

pytestmark = pytest.mark.anyio
UNSENT = PromptFailure("no_editor", "The page has no editor.", sent=False)
SENT = PromptFailure("no_answer", "ChatGPT did not answer.", sent=True)


async def test_prompt_that_was_not_sent_is_tried_again_later_and_becomes_a_dead_letter(tmp_path) -> None:
    async with opened(tmp_path, most_attempts=3, retry_seconds=5) as room:
        prompt = await room.submit(webhook_url=URL)
        for attempt, delay in ((1, 5), (2, 10)):
            lease = await room.begin()
            tried = await room.queue.fail(prompt.id, lease.token, UNSENT)
            assert (tried.state, tried.attempts, tried.error_message) == (State.idle, attempt, None)
            assert await room.queue.next_claim_at() == room.clock.now() + timedelta(seconds=delay)
            assert await room.webhooks() == []
            room.clock.move(seconds=delay)
        lease = await room.begin()
        dead = await room.queue.fail(prompt.id, lease.token, UNSENT)
        assert (dead.state, dead.dead, dead.error_name) == (State.failed, True, "no_editor")
        [(_, body)] = await room.webhooks()
        assert (body["status"], body["error"], body["response"]) == ("failed", "The page has no editor.", None)
        assert (await room.queue.summarize()).dead == 1
        assert not (await room.queue.retry(prompt.id)).dead


@pytest.mark.parametrize("failure", [SENT, PromptFailure("model", "There is no such model.", sent=False, final=True)])
async def test_prompt_that_was_sent_or_cannot_be_is_not_tried_again(tmp_path, failure) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        lease = await room.begin()
        failed = await room.queue.fail(prompt.id, lease.token, failure)
        assert (failed.state, failed.dead, failed.error_message) == (State.failed, False, failure.text)
        with pytest.raises(Conflict):
            await room.queue.fail(prompt.id, lease.token, failure)


async def test_failure_of_an_old_lease_is_refused(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        old = await room.claim()
        await room.queue.release(prompt.id, old.token)
        new = await room.begin()
        with pytest.raises(Conflict):
            await room.queue.fail(prompt.id, old.token, UNSENT)
        assert (await room.finish_lease(new)).state == State.done


async def test_released_prompt_counts_no_attempt(tmp_path) -> None:
    async with opened(tmp_path, daily_cap=1) as room:
        prompt = await room.submit()
        for _ in range(5):
            lease = await room.claim()
            released = await room.queue.release(prompt.id, lease.token, "Signed out.")
        assert (released.state, released.attempts) == (State.idle, 0)
        assert (await room.queue.read(prompt.id)).history[-1].reason == "Signed out."
