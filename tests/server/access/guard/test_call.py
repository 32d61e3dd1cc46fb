"""One call and its Effect; see test_guard for the checks before it."""

import asyncio

import pytest

from tests.server.access.letters import posting


async def test_approved_call_is_one_row_and_its_repetition_another(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = (await post.send(bot)).json()["approval_id"]
        await post.approve()
        await post.wait_for(bot, approval, "done")
        await post.send(bot)
        rows = [entry for entry in await post.state.activity.list() if entry.operation == "send_letter"]
        assert [entry.outcome for entry in rows] == ["repeated", "done"]
        assert rows[0].reason == f"Duplicate of request {rows[1].id}."
        assert (rows[1].duration_ms or 0) >= 0
        assert '["Text", "hi"]' in (rows[1].effect or "")


@pytest.mark.parametrize("policy", ["allow", "ask"])
async def test_call_whose_effect_differs_from_its_preview_does_not_run(opened, policy: str) -> None:
    async with posting(opened) as post:
        bot, post.hold = await post.client(send_letter=policy), asyncio.Event()
        call = asyncio.create_task(post.send(bot, wait=True))
        if policy == "ask":
            await post.approve()
        async with asyncio.timeout(60):
            while not any(entry.outcome == "running" for entry in await post.state.activity.list()):
                await asyncio.sleep(0)
        post.signature = "eve"
        post.hold.set()
        answer = await call
        assert (answer.status_code, post.sent) == (409, [])
        assert "Nothing was" in answer.text


async def test_approval_does_not_hold_for_another_digest(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = (await post.send(bot)).json()["approval_id"]
        question, post.paper = await post.question(), "another"
        await post.approve()
        async with asyncio.timeout(60):
            while (again := await post.question()).id == question.id:
                await asyncio.sleep(0.005)
        assert (again.fields, post.sent) == (question.fields, [])
        await post.approve()
        await post.wait_for(bot, approval, "done")
