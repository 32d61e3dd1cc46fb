import pytest
from sqlalchemy import text

from server.core.errors import Conflict, NotFound


async def test_revoked_client_is_reinstated_for_a_minute_with_its_last_key(opened, clock) -> None:
    async with opened() as state:
        clients = state.clients
        _, first = await clients.create("bot", frozenset({"read:mail"}), {})
        _, second = await clients.renew_key("bot")
        clock.move(seconds=1)
        await clients.revoke("bot")
        clock.move(seconds=59)
        assert (await clients.reinstate("bot")).scopes == {"read:mail"}
        assert clients.find(second) is not None
        assert clients.find(first) is None, "it was replaced before"


async def test_sign_ins_that_ended_with_a_client_are_valid_again(opened, clock) -> None:
    async with opened() as state:
        await state.programs.create("bot", frozenset({"read:mail"}), {}, None, [])
        clock.move(seconds=1)
        await state.clients.revoke("bot")
        client = await state.clients.reinstate("bot")
        assert client.id in await state.programs.read()


async def test_client_is_not_reinstated_later_or_twice_or_over_a_new_one(opened, clock) -> None:
    async with opened() as state:
        clients = state.clients
        await clients.create("bot", frozenset(), {})
        await clients.revoke("bot")
        await clients.create("bot", frozenset(), {})
        with pytest.raises(Conflict):
            await clients.reinstate("bot")
        clock.move(seconds=30)
        await clients.revoke("bot")
        clock.move(seconds=61)
        with pytest.raises(NotFound):
            await clients.reinstate("bot")
        assert [client.revoked_at is None for client in await clients.list()] == [False, False]


async def test_client_that_a_forged_backup_revokes_in_the_future_does_not_take_the_place_of_the_own_one(opened, clock) -> None:
    async with opened() as state:
        clients = state.clients
        _, forged = await clients.create("bot", frozenset({"read:mail"}), {})
        await clients.revoke("bot")
        for table in ("client", "api_key"):
            late = text(f"UPDATE {table} SET revoked_at = '2099-01-01T00:00:00+00:00'")
            await state.context.database.write(lambda connection, late=late: connection.execute(late).rowcount)
        _, own = await clients.create("bot", frozenset({"read:mail"}), {})
        await clients.revoke("bot")
        await clients.reinstate("bot")
        assert (clients.find(forged), clients.find(own) is not None) == (None, True)
