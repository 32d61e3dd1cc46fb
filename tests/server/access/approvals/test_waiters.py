import asyncio

from server.access.approvals.waiters import Waiters


async def test_waiter_is_woken_and_checks_again_at_timeout_and_leaves_at_shutdown() -> None:
    waiting, seen = Waiters(), ["pending"]

    async def look() -> str:
        return seen[0]

    async def follow(seconds: float) -> str:
        with waiting.listening("one") as news:
            return await waiting.follow(news, look, lambda state: state == "done", seconds)

    assert await follow(0) == "pending"
    calls = [asyncio.create_task(follow(20)) for _ in range(3)]
    await asyncio.sleep(0)
    seen[0] = "done"
    waiting.wake("another")
    waiting.wake("one")
    assert await asyncio.gather(*calls) == ["done"] * 3
    seen[0] = "pending"
    call = asyncio.create_task(follow(20))
    await asyncio.sleep(0)
    waiting.stop()
    assert await call == "pending"
