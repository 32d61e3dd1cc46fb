import pytest

from server.integrations.conversations.store.message_times import fill_times


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([1.9, 2.0], [1, 2]),
        ([None, 5.5, None, 3.0], [5, 5, 5, 3]),
        ([float("nan"), float("inf"), -1.0, 1e18, 7.0], [7, 7, 7, 7, 7]),
        ([None, None], [42, 42]),
        ([], []),
    ],
)
def test_impossible_times_take_those_beside_them(times: list[float | None], seconds: list[int]) -> None:
    assert fill_times(times, 42.5) == seconds


def test_without_any_time_it_is_1970() -> None:
    assert fill_times([None], None) == fill_times([None], float("nan")) == [0]
