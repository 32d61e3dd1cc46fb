import asyncio

from server.http.limits import Deadline


def ring_after(seconds: float, *, extended: float = 0, again: float | None = None, cleared: bool = False) -> float | None:
    """When a deadline gave up, in seconds; None when it did not."""

    async def main() -> float | None:
        loop = asyncio.get_running_loop()
        rung: asyncio.Future[float] = loop.create_future()
        started = loop.time()
        deadline = Deadline(loop, lambda: rung.set_result(loop.time() - started))
        deadline.allow(seconds)
        deadline.extend(extended)
        if again is not None:
            deadline.allow(again)
        if cleared:
            deadline.clear()
        assert deadline.running != cleared
        try:
            return await asyncio.wait_for(rung, 1)
        except TimeoutError:
            return None

    return asyncio.run(main())


def test_deadline_expires_in_time():
    assert 0.04 <= (ring_after(0.05) or 0) < 0.9


def test_extended_deadline_expires_later():
    assert (ring_after(0.05, extended=0.2) or 0) >= 0.24


def test_last_deadline_replaces_earlier_ones():
    assert ring_after(0.05, again=5) is None
    assert (ring_after(5, again=0.05) or 5) < 0.9


def test_cleared_deadline_never_expires():
    assert ring_after(0.05, cleared=True) is None
