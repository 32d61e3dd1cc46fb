from dataclasses import replace

import pytest

from server.tunnel.backoff import Backoff, Timing


def test_each_rest_is_longer_up_to_the_longest() -> None:
    restarts = Backoff(replace(Timing(), first_delay=1, longest_delay=5, max_restarts=5))
    assert [restarts.next_delay(0) for _ in range(6)] == [1, 2, 4, 5, 5, None]


def test_after_the_window_it_begins_anew() -> None:
    restarts = Backoff(replace(Timing(), max_restarts=1, window=60))
    assert restarts.next_delay(0) == 1
    assert restarts.next_delay(59) is None
    assert restarts.next_delay(60) == 1


@pytest.mark.parametrize(("open_seconds", "given_up"), [(0, True), (Timing().open, False)])
def test_an_agent_that_ends_at_once_is_given_up_on_and_a_long_time_offline_is_not(open_seconds, given_up) -> None:
    restarts, now, ended = Backoff(Timing()), 0.0, False
    for _ in range(60):
        delay = restarts.next_delay(now)
        ended = ended or delay is None
        now += open_seconds + (delay or 0)
    assert ended is given_up
