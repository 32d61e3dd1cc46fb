"""The tests that search operators make, where a whole mailbox would hide the detail."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.integrations.gmail.fake.search_operators import fold, read_moment, words_fit


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026/03/09", datetime(2026, 3, 9, tzinfo=timezone(timedelta(hours=-8)))),
        ("2026-3-9", datetime(2026, 3, 9, tzinfo=timezone(timedelta(hours=-8)))),
        ("3/9/2026", datetime(2026, 3, 9, tzinfo=timezone(timedelta(hours=-8)))),
        ("1773014400", datetime(2026, 3, 9, tzinfo=UTC)),
        ("2026/13/01", None),
        ("99999999999", datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)),
        ("", None),
    ],
)
def test_dates_are_pacific_midnight_and_numbers_are_seconds(text: str, moment: datetime | None) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    ("wanted", "text", "fits"),
    [
        ("art", "the art of", True),
        ("art", "party", False),
        ("a.b@c", "x a b, c y", True),
        ("b a", "a b", False),
        ("naïve", "NAIVE", True),
        ("東京", "来週東京から", True),
        ("...", "anything", True),
    ],
)
def test_words_match_whole_words_in_sequence(wanted: str, text: str, fits: bool) -> None:
    assert words_fit(wanted, text) is fits


def test_search_ignores_case_and_accents() -> None:
    assert fold("ÉCOLE Straße") == "ecole strasse"
