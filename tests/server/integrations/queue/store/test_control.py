import pytest

from server.core.errors import Unavailable
from server.integrations.queue.store import control
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_pause_ends_with_resume_and_survives_a_restart(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        await room.queue.pause()
    async with opened(tmp_path) as room:
        assert await room.queue.claim("browser") is None
        assert (await room.queue.summarize()).paused
        await room.queue.resume()
        await room.claim()


async def test_queue_that_drains_takes_nothing_and_sends_the_rest(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        await room.queue.drain()
        with pytest.raises(Unavailable):
            await room.submit()
        await room.finish()
        assert (await room.queue.summarize()).draining
        await room.queue.resume()
        await room.submit()


async def test_numbers_are_allocated_once(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first = await room.context.database.write(control.allocate_numbers, 3, 2)
        second = await room.context.database.write(control.allocate_numbers, 1, 1)
        assert (first, second) == ((3, 2, False), (4, 3, False))


async def test_count_of_a_day_ends_with_it(tmp_path) -> None:
    async with opened(tmp_path) as room:
        database = room.context.database
        await database.write(control.record_sent, 5.0, "2026-11-20", 7)
        await database.write(control.uncount_sent, 2, "2026-11-20")
        stored = await database.read(control.read_control)
        assert (stored.count_sent("2026-11-20"), stored.count_sent("2026-11-21"), stored.sent_at) == (5, 0, 5.0)
        await database.write(control.uncount_sent, 9, "2026-11-20")
        assert (await database.read(control.read_control)).sent_today == 0
