import asyncio

import pytest

from server.core.clock import Clock
from server.system.sleep_monitor import ClockSample, measure_sleep, sample_clocks, watch_sleep

START = ClockSample(running_seconds=1000.0, boot_time=5000.0, wall=1_700_000_000.0)


def later(running_seconds, boot_time=None, wall=None):
    return ClockSample(
        START.running_seconds + running_seconds,
        START.boot_time + (boot_time or running_seconds),
        START.wall + (wall or running_seconds),
    )


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        (later(5), 0),
        (later(12), 0),  # a busy computer
        (later(5, wall=12), 0),  # a clock that was set
        (later(5, wall=-3600), 0),
        (later(5, boot_time=8, wall=8), 3),  # Linux: short, and certain
        (later(5, boot_time=3605, wall=3605), 3600),
        (later(5, wall=3605), 3600),  # macOS, or a virtual machine that was paused
        (later(3605, wall=3605), 3600),  # Windows
    ],
)
def test_sleep_is_measured_on_each_system(after, seconds) -> None:
    assert measure_sleep(START, after) == pytest.approx(seconds)


def test_clocks_of_this_computer_agree_while_it_is_awake() -> None:
    before = sample_clocks(Clock())
    assert measure_sleep(before, sample_clocks(Clock())) == 0


class Samples:
    """Clock samples in order; the last one repeats."""

    def __init__(self, *remaining):
        self.remaining, self.over = list(remaining), asyncio.Event()

    def __call__(self, clock: Clock) -> ClockSample:
        assert isinstance(clock, Clock)
        if len(self.remaining) == 1:
            self.over.set()
            return self.remaining[0]
        return self.remaining.pop(0)


def watch(samples, on_wake):
    """Watch until everything was looked at."""

    async def live() -> None:
        task = asyncio.create_task(watch_sleep(on_wake, Clock(), interval=0.001, sample=samples))
        await asyncio.wait_for(samples.over.wait(), 60)
        task.cancel()

    asyncio.run(live())


def test_waking_is_reported_once() -> None:
    calls = []

    async def note(seconds):
        calls.append(seconds)

    watch(
        Samples(
            START, later(1), later(2, boot_time=902), later(2, boot_time=902), later(3, boot_time=903), later(4, boot_time=904)
        ),
        note,
    )
    assert calls == [900.0]


def test_slow_or_failing_callback_is_no_sleep_and_ends_nothing() -> None:
    calls = []

    async def fail(seconds):
        calls.append(seconds)
        raise ValueError("the tunnel is gone")

    watch(
        Samples(START, later(1, boot_time=901), later(61, boot_time=961), later(62, boot_time=962), later(63, boot_time=1063)),
        fail,
    )
    assert calls == [900.0, 100.0]
