import pytest

from server.outbound.webhooks.outbox import current_depth
from server.outbound.webhooks.tables import webhook_delivery, webhook_endpoint
from tests.server.integrations.queue.queue_setup import CLIENT, URL, opened

pytestmark = pytest.mark.anyio


def read_deliveries(connection):
    joined = webhook_delivery.join(webhook_endpoint, webhook_endpoint.c.id == webhook_delivery.c.endpoint_id)
    return [(row.url, row.secret_name, row.depth) for row in connection.execute(joined.select())]


async def test_webhook_goes_to_the_address_of_the_prompt_or_else_of_its_client(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        await room.finish()
        assert await room.webhooks() == []
        await room.queue.set_webhook(CLIENT, URL)
        await room.submit()
        await room.submit(webhook_url=f"{URL}/own")
        for _ in range(2):
            await room.finish()
        deliveries = await room.context.database.read(read_deliveries)
        assert deliveries == [(URL, "queue/webhook", 0), (f"{URL}/own", "queue/webhook", 0)]


async def test_webhook_counts_those_that_led_to_its_prompt(tmp_path) -> None:
    async with opened(tmp_path) as room:
        depth = current_depth.set(3)
        await room.submit(webhook_url=URL)
        current_depth.reset(depth)
        await room.finish()
        assert [depth for _, _, depth in await room.context.database.read(read_deliveries)] == [3]


async def test_body_is_one_for_every_text(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit("Grüße 🙂", webhook_url=URL)
        await room.finish("lone \ud800 surrogate".encode("utf-8", "replace").decode())
        [(_, body)] = await room.webhooks()
        assert list(body) == ["request_id", "status", "message", "response", "error", "response_type", "thinking_time"]
        assert body["message"] == "Grüße 🙂"
