from server.access.oauth.rate_limit import RateLimit
from tests.server.access.oauth.conftest import Hands


def test_so_many_in_so_long_and_then_again():
    hands = Hands()
    rate = RateLimit(3, 60, hands)
    assert [rate.take() for _ in range(5)] == [True, True, True, False, False]
    hands.move(seconds=61)
    assert rate.take()
