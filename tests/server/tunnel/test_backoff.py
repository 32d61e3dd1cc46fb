from dataclasses import replace

import pytest

from server.tunnel.backoff import Backoff, Timing


def test_delay_doubles_up_to_the_longest() -> None:
    restarts = Backoff(replace(Timing(), first_delay=1, longest_delay=5, max_restarts=5))
    assert [restarts.next_delay(0) for _ in range(6)] == [1, 2, 4, 5, 5, None]


def test_restarts_before_the_window_do_not_count() -> None:
    restarts = Backoff(replace(Timing(), max_restarts=1, window=60))
    assert restarts.next_delay(0) == 1
    assert restarts.next_delay(59) is None
    assert restarts.next_delay(60) == 1


@pytest.mark.parametrize(("open_seconds", "given_up"), [(0, True), (Timing().open, False)])
def test_limit_ends_a_failing_agent_and_not_a_long_time_offline(open_seconds, given_up) -> None:
    restarts, now, ended = Backoff(Timing()), 0.0, False
    for _ in range(60):
        delay = restarts.next_delay(now)
        ended = ended or delay is None
        now += open_seconds + (delay or 0)
    assert ended is given_up
