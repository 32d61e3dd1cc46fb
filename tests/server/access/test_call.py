"""What one call says of itself; the way of calls is in test_guard and test_guard_meanwhile, the questions in approvals."""

import asyncio

from tests.server.access.letters import posting


def test_a_call_that_was_asked_about_is_one_row_and_the_same_one_again_another(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = await post.client()
            approval = (await post.send(bot)).json()["approval_id"]
            await post.approve()
            await post.wait_for(bot, approval, "done")
            await post.send(bot)
            rows = [one for one in await post.state.activity.list() if one.operation == "send_letter"]
            assert [one.outcome for one in rows] == ["repeated", "done"]
            assert rows[0].reason == f"It is the same as call {rows[1].id}."
            assert (rows[1].duration_ms or 0) >= 0
            assert '["Text", "hi"]' in (rows[1].effect or "")

    asyncio.run(main())


def test_an_idempotency_key_that_is_too_long_is_refused(opened) -> None:
    async def main() -> None:
        async with posting(opened) as post:
            bot = {**await post.client(), "Idempotency-Key": "x" * 256}
            assert (await post.send(bot)).status_code == 422

    asyncio.run(main())
