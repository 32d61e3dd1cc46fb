import asyncio

import pytest

from server.core.clock import Clock
from server.system.sleep_monitor import Moment, look, missed, watch_sleep

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


class Looks:
    """What is seen on the clocks, one look after the other; then the last one again and again."""

    def __init__(self, *moments):
        self.moments, self.over = list(moments), asyncio.Event()

    def __call__(self, clock: Clock) -> Moment:
        assert isinstance(clock, Clock)
        if len(self.moments) == 1:
            self.over.set()
            return self.moments[0]
        return self.moments.pop(0)


def watch(looks, woke):
    """Watch until everything was looked at."""

    async def live() -> None:
        task = asyncio.create_task(watch_sleep(woke, Clock(), every=0.001, look=looks))
        await asyncio.wait_for(looks.over.wait(), 10)
        task.cancel()

    asyncio.run(live())


def test_waking_is_told_once() -> None:
    told = []

    async def note(seconds):
        told.append(seconds)

    watch(Looks(START, later(1), later(2, always=902), later(2, always=902), later(3, always=903), later(4, always=904)), note)
    assert told == [900.0]


def test_what_takes_long_after_a_waking_is_not_taken_for_sleep_and_its_failing_ends_nothing() -> None:
    told = []

    async def fail(seconds):
        told.append(seconds)
        raise ValueError("the tunnel is gone")

    watch(Looks(START, later(1, always=901), later(61, always=961), later(62, always=962), later(63, always=1063)), fail)
    assert told == [900.0, 100.0]
