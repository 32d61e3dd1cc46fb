import pytest

from server.integrations.queue.store.webhooks import SECRET_NAME
from tests.server.integrations.queue.queue_setup import CLIENT, URL, opened

pytestmark = pytest.mark.anyio


async def test_secret_is_made_with_the_first_address_and_stays(tmp_path) -> None:
    async with opened(tmp_path) as room:
        assert await room.context.secrets.get(SECRET_NAME) is None
        await room.submit(webhook_url=URL)
        secret = await room.context.secrets.get(SECRET_NAME)
        assert secret is not None
        assert secret.startswith("whsec_")
        await room.queue.set_webhook(CLIENT, URL)
        assert await room.context.secrets.get(SECRET_NAME) == secret
