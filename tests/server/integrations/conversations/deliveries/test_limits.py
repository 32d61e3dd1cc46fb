import pytest

from server.core.errors import TooManyRequests
from server.integrations.conversations.deliveries.limits import DeliveryRate, take_secret

pytestmark = pytest.mark.anyio


async def test_deliveries_are_counted_within_a_minute(live) -> None:
    await live.configure(deliveries_per_minute=3)
    rate, now = DeliveryRate(live.context), [0.0]
    live.context.clock.monotonic = lambda: now[0]
    for now[0] in (0.0, 10.0, 20.0):
        rate.count()
    now[0] = 59.0
    with pytest.raises(TooManyRequests) as refused:
        rate.count()
    assert refused.value.retry_after == 1
    now[0] = 60.0
    rate.count()


async def test_secret_of_the_environment_is_taken(live) -> None:
    authenticator = live.service.authenticator
    await take_secret(live.context, authenticator, {})
    assert not await authenticator.is_signing()
    await take_secret(live.context, authenticator, {"WEBHOOK_SECRET": " a secret of some length "})
    assert await authenticator.is_signing()
