import pytest

from server.core.errors import InvalidInput
from server.core.rates import is_rate, require_rate


@pytest.mark.parametrize("rate", ["30/minute", "1 per day", "100000/hour", "5 per 2 hours", "1/year", "none"])
def test_rate_that_can_be_counted_is_accepted(rate: str) -> None:
    assert is_rate(rate)


@pytest.mark.parametrize("rate", ["", "much", "0/minute", "-1/minute", "100001/hour", "1/2years", "1/minute;2/hour", "none "])
def test_other_rate_is_refused(rate: str) -> None:
    assert not is_rate(rate)
    with pytest.raises(InvalidInput, match="30/minute"):
        require_rate(rate)


def test_missing_rate_is_the_usual_one() -> None:
    require_rate(None)
