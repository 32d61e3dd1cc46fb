import pytest

from server.integrations.conversations.library.models import ChatFilter
from tests.server.integrations.conversations.live_setup import opened

pytestmark = pytest.mark.anyio


async def test_service_starts_and_stops_while_openai_is_down(tmp_path, fake_openai) -> None:
    fake_openai.fail_next(503, times=99)
    for _ in range(2):
        async with opened(tmp_path, fake_openai) as live:
            await live.chats.create("1", text="Waits")
    async with opened(tmp_path, fake_openai) as live:
        listed = await live.service.library.list_chats(ChatFilter(), None, 10)
        assert listed.total == 2
