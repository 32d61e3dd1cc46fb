import time
from datetime import UTC, date, datetime, timedelta

import pytest

from server.core.local_time import name_zone, read_local, start_of_day

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="no variable says the zone there")


@pytest.fixture(params=["XYZ-5", "XYZ+3"])
def hours(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Hours that local time is ahead of UTC."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield {"XYZ-5": 5, "XYZ+3": -3}[request.param]
    monkeypatch.undo()
    time.tzset()


def test_day_begins_and_ends_in_local_time(hours) -> None:
    begins = datetime(2026, 11, 21, tzinfo=UTC) - timedelta(hours=hours)
    assert start_of_day(date(2026, 11, 21)) == read_local("2026-11-21") == begins
    assert read_local("2026-11-21", end=True) == begins + timedelta(days=1)
    assert read_local("2026-11-21T09:00", end=True) == begins + timedelta(hours=9)
    assert read_local("2026-11-21T09:00Z") == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_zone_is_named_with_its_offset(hours) -> None:
    assert name_zone(datetime(2026, 11, 21, tzinfo=UTC)) == f"UTC{'+' if hours > 0 else '-'}0{abs(hours)}:00 (XYZ)"


def test_day_of_a_clock_change_is_an_hour_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    try:
        assert read_local("2026-03-29", end=True) - read_local("2026-03-29") == timedelta(hours=23)
    finally:
        monkeypatch.undo()
        time.tzset()
