import pytest

from server.integrations.queue.service import start
from tests.server.integrations.queue.queue_setup import CLIENT, MovableClock, open_context

pytestmark = pytest.mark.anyio


async def test_service_has_a_queue(tmp_path) -> None:
    context = open_context(tmp_path, MovableClock())
    try:
        async with start(context) as service:
            await service.queue.set_webhook(CLIENT, "")
            assert [client.id for client in await service.queue.clients()] == [CLIENT.id]
    finally:
        await context.tasks.close()
        await context.http.close()
        await context.database.close()
