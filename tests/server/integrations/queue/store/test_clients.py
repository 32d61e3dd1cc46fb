import pytest

from server.integrations.queue.models import ClientRef
from server.integrations.queue.store import clients
from tests.server.integrations.queue.queue_setup import CLIENT, OTHER, URL, opened

pytestmark = pytest.mark.anyio


async def test_client_is_stored_once_with_its_latest_name(tmp_path) -> None:
    async with opened(tmp_path, approved=False) as room:
        await room.submit()
        await room.submit(client=ClientRef(CLIENT.id, "Renamed"))
        await room.submit(client=ClientRef(CLIENT.id))
        [client] = await room.queue.clients()
        assert (client.name, client.approved, client.waiting) == ("Renamed", None, 3)


async def test_answers_and_addresses_are_read_back(tmp_path) -> None:
    async with opened(tmp_path) as room:
        database = room.context.database
        await database.write(clients.set_webhook_url, CLIENT.id, "https://example.com/")
        assert [(client.id, client.webhook_url) for client in await room.queue.clients()] == [
            (CLIENT.id, "https://example.com/"),
            (OTHER.id, ""),
        ]
        assert await database.write(clients.add_clients, [CLIENT, ClientRef("new")], 0.0) == {CLIENT.id: True, "new": None}
        assert not await database.write(clients.set_approval, "nobody", approved=True)


async def test_client_that_is_revoked_again_costs_nothing_for_its_old_prompts(tmp_path) -> None:
    async with opened(tmp_path) as room:
        for _ in range(3):
            await room.submit(webhook_url=URL)

        def revoke(connection) -> int:
            before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            clients.revoke_clients(connection, None, [CLIENT.id])
            return connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before

        database = room.context.database
        assert [await database.write(revoke), await database.write(revoke)] == [4, 1]
