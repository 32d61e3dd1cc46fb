from datetime import UTC, datetime, timedelta

from server.tunnel.store import TunnelStore
from tests.server.access.conftest import Opened

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


async def test_the_last_address_is_known_and_the_others_are_lost_until_they_come_back(opened: Opened) -> None:
    async with opened() as state:
        store = TunnelStore(state.context.database)
        before = []
        for day, address in enumerate(["https://a.example", "https://b.example", "https://b.example", "https://a.example"]):
            before.append(await store.remember(address, reserved=address.startswith("https://b"), at=BEGIN + timedelta(days=day)))
        assert before == [None, "https://a.example", "https://b.example", "https://b.example"]
        (lost,) = await store.list_lost()
        assert (lost.address, lost.reserved) == ("https://b.example", True)
        assert lost.lost_at == (BEGIN + timedelta(days=3)).isoformat()


async def test_a_month_that_nobody_counted_has_nothing(opened: Opened) -> None:
    async with opened() as state:
        store = TunnelStore(state.context.database)
        assert await store.load_month("2026-01") == 0
        await store.save_month("2026-01", 5)
        await store.save_month("2026-01", 7)
        assert await store.load_month("2026-01") == 7
