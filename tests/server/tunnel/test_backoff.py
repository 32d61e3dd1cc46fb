import pytest

from server.core.backoff import Backoff
from server.tunnel.backoff import Timing


@pytest.mark.parametrize(("open_seconds", "given_up"), [(0, True), (Timing().open, False)])
def test_limit_ends_a_failing_agent_and_not_a_long_time_offline(open_seconds, given_up) -> None:
    restarts, now, ended = Backoff(Timing()), 0.0, False
    for _ in range(60):
        delay = restarts.next_delay(now)
        ended = ended or delay is None
        now += open_seconds + (delay or 0)
    assert ended is given_up
