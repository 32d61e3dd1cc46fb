from server.access.oauth.rate_limit import RateLimit
from tests.server.access.oauth.conftest import Hands


def test_rate_limit_refuses_above_its_number_until_the_window_passed():
    hands = Hands()
    rate = RateLimit(3, 60, hands)
    assert [rate.take() for _ in range(5)] == [True, True, True, False, False]
    hands.move(seconds=61)
    assert rate.take()
