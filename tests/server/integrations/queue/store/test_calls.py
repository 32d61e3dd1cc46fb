import pytest

from server.integrations.queue.transactions import Transactions
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_call_has_the_time_the_day_and_the_settings_of_now(tmp_path) -> None:
    async with opened(tmp_path) as room:
        transactions = Transactions(room.context, room.queue.changes)
        before = transactions.call()
        room.clock.move(days=1)
        await room.configure(lease_seconds=7)
        after = transactions.call()
        assert after.now - before.now == 86_400
        assert (before.day, after.day) == ("2026-11-20", "2026-11-21")
        assert after.settings.lease_seconds == 7
