import asyncio

from tests.server.access.letters import posting


async def test_expiry_includes_time_while_program_was_off(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = (await post.send(bot)).json()["approval_id"]
    clock.move(minutes=15)
    async with posting(opened) as post:
        watch = asyncio.create_task(post.state.run_approvals())
        await post.wait_for(bot, approval, "expired")
        watch.cancel()
