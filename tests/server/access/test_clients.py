import asyncio

import pytest
from sqlalchemy import text

from server.access.clients import Policy
from server.errors import Conflict, InvalidInput, NotFound
from server.operation import Operation

READ = Operation("list_apps", "read:apps", "List.", changes=False)
CHANGE = Operation("control_app", "control:apps", "Start.", changes=True)


def test_a_key_opens_until_its_client_is_revoked_also_after_a_restart(opened) -> None:
    async def main() -> None:
        async with opened() as state:
            made, key = await state.clients.create("bot", frozenset({"read:apps"}), {})
            assert key.startswith("dh_")
            assert len(key) > 40
            found = state.clients.find(key)
            assert found is not None
            assert found.id == made.id
            assert state.clients.find(key + "x") is None
        async with opened() as state:
            assert state.clients.find(key) is not None
            await state.clients.revoke("bot")
            assert state.clients.find(key) is None
        async with opened() as state:
            assert state.clients.find(key) is None

    asyncio.run(main())


def test_only_the_hash_of_a_key_is_kept(opened, tmp_path) -> None:
    async def main() -> str:
        async with opened() as state:
            _, key = await state.clients.create("bot", frozenset(), {})
            return key

    key = asyncio.run(main())
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or key.encode() not in file.read_bytes(), file


def test_a_name_is_taken_until_its_client_is_revoked(opened) -> None:
    async def main() -> None:
        async with opened() as state:
            await state.clients.create("bot", frozenset(), {})
            with pytest.raises(Conflict, match="bot"):
                await state.clients.create("bot", frozenset(), {})
            await state.clients.revoke("bot")
            await state.clients.create("bot", frozenset(), {})
            assert [client.revoked_at is None for client in await state.clients.list()].count(True) == 1

    asyncio.run(main())


@pytest.mark.parametrize("name", ["", "Bot", "a b", "../x", "ä", "x" * 41, "-x"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(opened, name: str) -> None:
    async def main() -> None:
        async with opened() as state:
            with pytest.raises(InvalidInput):
                await state.clients.create(name, frozenset(), {})

    asyncio.run(main())


@pytest.mark.parametrize("rate", ["often", "0x3/minute", "-1/minute", "10/fortnight", "0/minute", "99999999999/second"])
def test_a_rate_that_nobody_understands_is_refused(opened, rate: str) -> None:
    async def main() -> None:
        async with opened() as state:
            with pytest.raises(InvalidInput, match="30/minute"):
                await state.clients.create("bot", frozenset(), {}, rate)

    asyncio.run(main())


def test_reading_is_allowed_and_changing_asks_until_the_person_says_otherwise(opened) -> None:
    async def main() -> None:
        async with opened() as state:
            made, _ = await state.clients.create("bot", frozenset(), {})
            assert (made.policy_for(READ), made.policy_for(CHANGE)) == (Policy.allow, Policy.ask)
            other, key = await state.clients.create("other", frozenset(), {"control_app": Policy.allow, "list_apps": Policy.deny})
            assert (other.policy_for(READ), other.policy_for(CHANGE)) == (Policy.deny, Policy.allow)
            kept = state.clients.find(key)
            assert kept is not None
            assert kept.policies == other.policies

    asyncio.run(main())


def test_one_key_cannot_belong_to_two_clients(opened) -> None:
    async def main() -> None:
        async with opened() as state:
            await state.clients.create("one", frozenset(), {}, key="a key of the person's own")
            with pytest.raises(Conflict):
                await state.clients.create("two", frozenset(), {}, key="a key of the person's own")
            assert [client.name for client in await state.clients.list()] == ["one"]

    asyncio.run(main())


def test_an_unknown_name_says_how_to_see_the_known_ones(opened) -> None:
    async def main() -> None:
        async with opened() as state:
            with pytest.raises(NotFound, match="clients list"):
                await state.clients.show("nobody")

    asyncio.run(main())


def test_the_table_is_as_the_migrations_made_it(opened) -> None:
    async def main() -> None:
        async with opened() as state:
            names = await state.context.database.read(lambda c: [row[1] for row in c.execute(text("PRAGMA table_info(client)"))])
            assert names == ["id", "name", "scopes", "policies", "rate", "created_at", "revoked_at"]

    asyncio.run(main())


def test_a_short_key_of_the_persons_own_is_refused_and_a_long_one_is_hardly_shown(opened) -> None:
    async def main() -> None:
        async with opened() as state:
            with pytest.raises(InvalidInput, match="characters"):
                await state.clients.create("bot", frozenset(), {}, key="hunter2")
            made, _ = await state.clients.create("bot", frozenset(), {}, key="a key of the person's own")
            assert len(made.key_hint) == 3

    asyncio.run(main())
