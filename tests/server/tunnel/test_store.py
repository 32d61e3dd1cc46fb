from datetime import UTC, datetime, timedelta

from server.tunnel.store import TunnelStore
from tests.server.access.conftest import Opened

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


async def test_other_addresses_are_lost_until_they_are_opened_again(opened: Opened) -> None:
    async with opened() as state:
        store = TunnelStore(state.context.database)
        before = []
        for day, address in enumerate(["https://a.example", "https://b.example", "https://b.example", "https://a.example"]):
            before.append(await store.remember(address, reserved=address.startswith("https://b"), at=BEGIN + timedelta(days=day)))
        assert before == [None, "https://a.example", "https://b.example", "https://b.example"]
        (lost,) = await store.list_lost()
        assert (lost.address, lost.reserved) == ("https://b.example", True)
        assert lost.lost_at == (BEGIN + timedelta(days=3)).isoformat()


async def test_month_without_a_count_has_no_requests(opened: Opened) -> None:
    async with opened() as state:
        store = TunnelStore(state.context.database)
        assert await store.load_month("2026-01") == 0
        await store.save_month("2026-01", 5)
        await store.save_month("2026-01", 7)
        assert await store.load_month("2026-01") == 7


async def test_lost_addresses_are_listed_latest_first(opened: Opened) -> None:
    async with opened() as state:
        store = TunnelStore(state.context.database)
        addresses = [f"https://{letter}.example" for letter in "bca"]
        for day, address in enumerate(addresses):
            await store.remember(address, reserved=False, at=BEGIN + timedelta(days=day))
        assert [lost.address for lost in await store.list_lost()] == addresses[1::-1]
