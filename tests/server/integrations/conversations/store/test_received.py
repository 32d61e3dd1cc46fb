import pytest

from server.integrations.conversations.store import received

pytestmark = pytest.mark.anyio


async def test_delivery_is_known_as_long_as_its_signature_is_valid(live) -> None:
    write = live.context.database.write
    assert await write(received.remember_delivery, "digest", 1000.0, 600)
    assert not await write(received.remember_delivery, "digest", 1599.0, 600)
    assert await write(received.remember_delivery, "other", 1599.0, 600)
    assert await write(received.remember_delivery, "digest", 1601.0, 600)
