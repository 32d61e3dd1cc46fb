import asyncio
import threading

import pytest

from server.access.clients.registry import Change, Policy
from server.core.errors import InvalidInput, NotFound
from server.sdk.approval_requests import ApprovalDuration, Kind
from tests.server.access.letters import posting


async def test_prompt_shows_the_whole_content_verbatim(opened) -> None:
    async with posting(opened) as post:
        text = "line one\n" + "x" * 50_000 + "the end, with token=abc and \u202e"
        await post.send(await post.client(), text)
        question = await post.question()
        assert (question.kind, question.client, question.operation) == (Kind.call, "bot", "send_letter")
        assert question.sentence == "send a letter to ann"
        assert question.fields == (("To", "ann"), ("Text", text))
        assert question.asked_at < question.expires_at


async def test_permanent_approval_is_neither_offered_nor_accepted_for_calls_that_reach_others(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.invite(bot, "ann")
        assert ApprovalDuration.always not in (await post.question()).extents
        with pytest.raises(InvalidInput):
            await post.approve(ApprovalDuration.always)
        await post.deny()
        await post.send(bot)
        assert (await post.question()).extents == (ApprovalDuration.once, ApprovalDuration.temporary, ApprovalDuration.always)
        with pytest.raises(InvalidInput):
            await post.approve(ApprovalDuration.recipients)


async def test_permanent_approval_is_visible_as_client_policy(opened) -> None:
    async with posting(opened, result_seconds=10) as post:
        bot = await post.client()
        await post.send(bot)
        assert await post.approve(ApprovalDuration.always) == (
            "bot sent a letter to ann. Similar requests are always allowed from now on."
        )
        assert (await post.state.clients.show("bot")).policies == {"send_letter": "allow"}


async def test_approval_tells_that_its_call_failed(opened) -> None:
    async with posting(opened, result_seconds=10) as post:
        await post.send(await post.client())
        post.fail = NotFound("There is no such address.")
        assert await post.approve() == "bot could not send a letter to ann."


async def test_decided_approval_is_not_prompted_again(opened) -> None:
    async with posting(opened) as post:
        bot, questions = await post.client(), post.state.context.approval_requests
        for decide in (questions.approve, questions.deny):
            await post.send(bot, decide.__name__)
            approval_request = await post.question()
            await decide(approval_request.id)
            for again in (questions.approve, questions.deny):
                with pytest.raises(NotFound):
                    await again(approval_request.id)


async def test_desktop_is_notified_of_each_approval_request_once(opened) -> None:
    async with posting(opened) as post:
        notifications = []
        post.state.context.screen.notify = lambda title, text: notifications.append((title, text))
        bot = await post.client()
        await post.send(bot)
        await post.send(bot)
        async with asyncio.timeout(60):
            while not notifications:
                await asyncio.sleep(0.005)
        assert notifications == [("bot needs your approval", "It wants to send a letter to ann. Open Deskhand to review.")]


async def test_denial_after_a_permanent_approval_is_not_overwritten_by_it(opened, monkeypatch) -> None:
    async with posting(opened) as post:
        await post.send(await post.client())
        state, database, released = post.state, post.state.context.database, threading.Event()
        submit, queued = database.submit, list[str]()

        def watch(function, *arguments, **options):
            queued.append(function.__name__)
            return submit(function, *arguments, **options)

        async def until_queued(name: str) -> None:
            async with asyncio.timeout(60):
                while name not in queued:
                    await asyncio.sleep(0.005)

        monkeypatch.setattr(database, "submit", watch)
        submit(lambda _: released.wait(60))
        approving = asyncio.create_task(post.approve(ApprovalDuration.always))
        await until_queued("approve")
        denying = asyncio.create_task(state.clients.change("bot", Change(policies={"send_letter": Policy.deny})))
        await until_queued("change_client")
        released.set()
        await asyncio.gather(approving, denying)
        assert (await state.clients.show("bot")).policies == {"send_letter": Policy.deny}
