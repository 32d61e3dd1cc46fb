from server.core.backoff import Backoff, BackoffLimits


def test_delay_doubles_up_to_the_longest() -> None:
    restarts = Backoff(BackoffLimits(first_delay=1, longest_delay=5, max_restarts=5))
    assert [restarts.next_delay(0) for _ in range(6)] == [1, 2, 4, 5, 5, None]


def test_restarts_before_the_window_do_not_count() -> None:
    restarts = Backoff(BackoffLimits(max_restarts=1, window=60))
    assert restarts.next_delay(0) == 1
    assert restarts.next_delay(59) is None
    assert restarts.next_delay(60) == 1
