from datetime import UTC, datetime, timedelta

from server.core.clock import Clock, has_passed


def test_clock_returns_utc_and_monotonic_durations() -> None:
    clock = Clock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


def test_duration_has_passed_at_its_end_and_if_the_clock_was_set_back() -> None:
    start, minute = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=1)
    moments = [timedelta(), minute - timedelta(seconds=1), minute, timedelta(microseconds=-1), timedelta(days=-1)]
    assert [has_passed(minute, start, start + moment) for moment in moments] == [False, False, True, True, True]
