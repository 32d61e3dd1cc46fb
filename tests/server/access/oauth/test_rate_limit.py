from server.access.oauth.rate_limit import RateLimit
from tests.server.access.oauth.conftest import AdvancingClock


def test_rate_limit_refuses_above_its_number_until_the_window_passed():
    served_clock = AdvancingClock()
    rate = RateLimit(3, 60, served_clock)
    assert [rate.take() for _ in range(5)] == [True, True, True, False, False]
    served_clock.move(seconds=61)
    assert rate.take()


def test_rate_limit_does_not_last_longer_if_the_clock_is_set_back():
    served_clock = AdvancingClock()
    rate = RateLimit(1, 60, served_clock)
    assert rate.take()
    served_clock.move(hours=-1)
    assert [rate.take(), rate.take()] == [True, False]
