from sqlalchemy import text

from server.http.server import run
from server.outbound.webhooks import store
from tests.server.outbound.webhooks.desk import open_desk


def test_damaged_types_select_nothing(tmp_path):
    async def main() -> None:
        async with open_desk(tmp_path) as desk:
            for types in ("{", "null", '{"a": 1}', "[[]]"):
                endpoint_id, _ = await desk.add("/hook")
                await desk.database.write(
                    lambda connection, types=types, at=endpoint_id: (
                        connection.execute(
                            text("UPDATE webhook_endpoint SET types = :types WHERE id = :at"), {"types": types, "at": at}
                        )
                        and None
                    )
                )
            assert all(endpoint.types for endpoint in await desk.database.read(store.list_endpoints))
            await desk.emit()
            assert await desk.deliveries() == []

    run(main)
