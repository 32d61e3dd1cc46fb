import pytest

from server.sdk.text_search import SearchRequest, is_within, rate

YEAR = 31_557_600


def test_newer_match_is_a_little_better() -> None:
    now = 50.0 * YEAR
    assert rate(1, now, now) > rate(1, now - YEAR, now) > rate(1, None, now) > 1
    assert rate(1.2, None, now) > rate(1, now, now)


@pytest.mark.parametrize(
    ("time", "after", "before", "expected"),
    [
        (5, None, None, True),
        (5, 5, 6, True),
        (5, None, 5, False),
        (4, 5, None, False),
        (None, 1, None, False),
        (None, None, 1, True),
    ],
)
def test_end_of_a_range_is_excluded(time: float | None, after: float | None, before: float | None, *, expected: bool) -> None:
    assert is_within(time, SearchRequest((), after, before)) is expected
