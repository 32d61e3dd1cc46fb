import asyncio

import pytest

from server.core.errors import Unavailable
from server.core.memory_budget import LARGE, MemoryBudget, current, reserve


class Counter:
    """Requests that hold something at the same time."""

    def __init__(self, budget: MemoryBudget) -> None:
        self.budget, self.held, self.most, self.order = budget, 0, 0, list[int]()

    async def hold(self, size: int) -> None:
        async with self.budget.request():
            await reserve(size)
            self.order.append(size)
            self.held += size
            self.most = max(self.most, self.held)
            await asyncio.sleep(0)
            self.held -= size


async def test_requests_hold_no_more_than_the_total_at_once() -> None:
    counter = Counter(MemoryBudget(total=10 * LARGE))
    await asyncio.gather(*(counter.hold(4 * LARGE) for _ in range(9)))
    assert counter.most == 8 * LARGE
    assert counter.budget.reserved == 0


async def test_one_request_may_be_larger_than_the_total_and_comes_in_its_turn() -> None:
    counter = Counter(MemoryBudget(total=4 * LARGE))
    sizes = [3 * LARGE, 9 * LARGE, 2 * LARGE]
    await asyncio.gather(*map(counter.hold, sizes))
    assert (counter.most, counter.order) == (9 * LARGE, sizes)


async def test_few_bytes_and_those_without_a_request_are_not_counted() -> None:
    budget = MemoryBudget(total=LARGE)
    await reserve(100 * LARGE)
    async with budget.request():
        await reserve(LARGE)
        assert budget.reserved == 0


async def test_request_without_its_turn_is_refused_after_a_while() -> None:
    budget = MemoryBudget(total=4 * LARGE, wait_seconds=0.01)
    async with budget.request():
        await reserve(3 * LARGE)
        await reserve(3 * LARGE)  # what has room already does not wait for more, for two could wait for each other
    assert budget.reserved == 0
    held = asyncio.create_task(hold_until_cancelled(budget))
    while not budget.reserved:
        await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await Counter(budget).hold(2 * LARGE)
    held.cancel()
    with pytest.raises(asyncio.CancelledError):
        await held
    await Counter(budget).hold(2 * LARGE)


async def hold_until_cancelled(budget: MemoryBudget) -> None:
    async with budget.request():
        await reserve(3 * LARGE)
        await asyncio.Event().wait()


async def test_part_of_a_request_shares_its_reservation_until_it_is_over() -> None:
    budget = MemoryBudget(total=4 * LARGE)
    async with budget.request() as outer:
        await reserve(3 * LARGE)
        async with budget.request() as inner:
            assert inner is outer
        assert budget.reserved == 3 * LARGE
        late = asyncio.create_task(reserve_late(budget, ended := asyncio.Event()))
    ended.set()
    await late
    assert budget.reserved == 0
    assert current.get() is None


async def reserve_late(budget: MemoryBudget, ended: asyncio.Event) -> None:
    await ended.wait()
    await reserve(2 * LARGE)
    assert budget.reserved == 0
    async with budget.request():
        await reserve(2 * LARGE)
        assert budget.reserved == 2 * LARGE


def test_only_so_much_waits_on_the_disk() -> None:
    budget = MemoryBudget(spooled=3 * LARGE)
    budget.spool(2 * LARGE)
    with pytest.raises(Unavailable):
        budget.spool(2 * LARGE)
    budget.spool(-2 * LARGE)
    assert budget.waiting == 0
