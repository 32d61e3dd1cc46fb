import asyncio

import pytest

from server.context import Clock
from server.waking import Moment, look, missed, watch_sleep

START = Moment(awake=1000.0, always=5000.0, wall=1_700_000_000.0)


def later(awake, always=None, wall=None):
    return Moment(START.awake + awake, START.always + (always or awake), START.wall + (wall or awake))


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        (later(5), 0),
        (later(12), 0),  # a busy computer
        (later(5, wall=12), 0),  # a clock that was set
        (later(5, wall=-3600), 0),
        (later(5, always=8, wall=8), 3),  # Linux: short, and certain
        (later(5, always=3605, wall=3605), 3600),
        (later(5, wall=3605), 3600),  # macOS, or a virtual machine that was paused
        (later(3605, wall=3605), 3600),  # Windows
    ],
)
def test_sleep_shows_on_the_clocks_of_each_system(after, seconds) -> None:
    assert missed(START, after) == pytest.approx(seconds)


def test_the_clocks_of_this_computer_agree_while_it_is_awake() -> None:
    before = look(Clock())
    assert missed(before, look(Clock())) == 0


def test_waking_is_told_once() -> None:
    looks = iter([START, later(1), later(2, always=902), later(3, always=903)])
    told = []

    async def watch() -> None:
        ended = asyncio.Event()

        def look_at_prepared(clock: Clock) -> Moment:
            try:
                return next(looks)
            except StopIteration:
                ended.set()
                return later(3, always=903)

        async def note(seconds):
            told.append(seconds)

        task = asyncio.create_task(watch_sleep(note, Clock(), every=0.001, look=look_at_prepared))
        await asyncio.wait_for(ended.wait(), 10)
        task.cancel()

    asyncio.run(watch())
    assert told == [900.0]
