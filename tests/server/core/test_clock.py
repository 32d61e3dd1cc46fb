from datetime import UTC

from server.core.clock import Clock


def test_the_clock_tells_utc_and_durations_that_never_run_backwards() -> None:
    clock = Clock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
