import time
from datetime import UTC, datetime

import pytest

from server.integrations.gmail.mailbox.local_dates import localize_dates

SECOND = int(datetime(2026, 1, 30, 19, tzinfo=UTC).timestamp())  # midnight five hours ahead of UTC


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch):
    if not hasattr(time, "tzset"):
        pytest.skip("no variable says the zone there")
    monkeypatch.setenv("TZ", "XYZ-5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("written", ["2026/1/31", "2026/01/31", "2026-01-31", "1/31/2026", "01-31-2026"])
@pytest.mark.parametrize("operator", ["after:", "before:", "older:", "newer:", "-after:", "(before:", "AFTER:"])
def test_date_of_a_search_begins_at_local_midnight(operator: str, written: str) -> None:
    assert localize_dates(f"lunch {operator}{written} is:unread") == f"lunch {operator}{SECOND} is:unread"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "after:1769799600",
        "older_than:7d",
        '"see after:2026/1/31"',
        "after:2026/13/1",
        "after:2026/1",
        "after:9999/99/99",
        "hereafter:2026/1/31",
    ],
)
def test_words_that_are_no_date_of_a_search_stay(query: str) -> None:
    assert localize_dates(query) == query


def test_both_ends_of_a_period_are_local() -> None:
    assert localize_dates("after:2026/1/31 before:2026/2/1") == f"after:{SECOND} before:{SECOND + 86_400}"
