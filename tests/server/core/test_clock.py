from datetime import UTC

from server.core.clock import Clock


def test_clock_returns_utc_and_monotonic_durations() -> None:
    clock = Clock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
