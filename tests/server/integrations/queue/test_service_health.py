import pytest

from server.integrations.queue.service import SETUP, QueueService
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_health_is_read_anew_at_each_refresh(tmp_path) -> None:
    async with opened(tmp_path) as room:
        service = QueueService(room.context)
        assert (service.problem, service.setup_hint, service.summary, service.tray_line) == (None, None, None, None)
        await service.refresh()
        assert (service.setup_hint, service.is_set_up, service.tray_line) == (SETUP, False, None)
        assert service.summary == "0 done today"
        await room.submit()
        await service.refresh()
        assert (service.summary, service.tray_line) == ("1 waiting", "Browser queue: 1 waiting")


async def test_paired_browser_needs_no_setting_up(tmp_path) -> None:
    async with opened(tmp_path) as room:
        service = QueueService(room.context)
        await service.extensions.registry.add("b", "Home", "Chromium", "chrome-extension://abc")
        await service.refresh()
        assert service.is_set_up
        overview = await service.summarize()
        assert (overview.browsers, overview.paired) == (0, 1)
