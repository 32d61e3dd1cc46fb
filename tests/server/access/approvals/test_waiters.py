import asyncio

from server.access.approvals.waiters import Waiters


async def test_who_waits_is_woken_looks_once_more_at_the_end_and_goes_when_all_is_over() -> None:
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
