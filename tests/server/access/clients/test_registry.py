import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from server.access.clients.registry import Change, Policy
from server.core.errors import Conflict, InvalidInput, NotFound


async def test_key_is_valid_until_its_client_is_revoked_also_after_a_restart(opened) -> None:
    async with opened() as state:
        made, key = await state.clients.create("bot", frozenset({"read:apps"}), {})
        assert key.startswith("dh_")
        assert len(key) > 40
        client = state.clients.find(key)
        assert client is not None
        assert client.id == made.id
        assert state.clients.find(key + "x") is None
    async with opened() as state:
        assert state.clients.find(key) is not None
        await state.clients.revoke("bot")
        assert state.clients.find(key) is None
    async with opened() as state:
        assert state.clients.find(key) is None


def test_key_is_stored_as_hash_only(opened, tmp_path) -> None:
    async def main() -> str:
        async with opened() as state:
            _, key = await state.clients.create("bot", frozenset(), {})
            return key

    key = asyncio.run(main())
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or key.encode() not in file.read_bytes(), file


async def test_client_name_is_unique_until_its_client_is_revoked(opened) -> None:
    async with opened() as state:
        await state.clients.create("bot", frozenset(), {})
        with pytest.raises(Conflict, match="bot"):
            await state.clients.create("bot", frozenset(), {})
        await state.clients.revoke("bot")
        await state.clients.create("bot", frozenset(), {})
        assert [client.revoked_at is None for client in await state.clients.list()].count(True) == 1


@pytest.mark.parametrize("name", ["", "Bot", "a b", "../x", "ä", "x" * 41, "-x"])
async def test_client_name_that_is_not_url_safe_is_refused(opened, name: str) -> None:
    async with opened() as state:
        with pytest.raises(InvalidInput):
            await state.clients.create(name, frozenset(), {})


ENDLESS = ["1/minute;2/hour", "1/minute,2/hour", "5 per " + "9" * 400 + " second", "1/2 years", "1 per 999999999999 day"]


@pytest.mark.parametrize("rate", ["often", "0x3/minute", "-1/minute", "10/fortnight", "0/minute", "99999999999/second", *ENDLESS])
async def test_malformed_rate_is_refused(opened, rate: str) -> None:
    async with opened() as state:
        with pytest.raises(InvalidInput, match="30/minute"):
            await state.clients.create("bot", frozenset(), {}, rate)


async def test_policies_are_loaded_with_their_client(opened) -> None:
    async with opened() as state:
        made, key = await state.clients.create("bot", frozenset(), {"a": Policy.allow, "b": Policy.deny})
        stored = state.clients.find(key)
        assert stored is not None
        assert stored.policies == made.policies


async def test_client_update_holds_at_once_and_keeps_the_other_fields(opened) -> None:
    async with opened() as state:
        _, key = await state.clients.create("bot", frozenset({"read:apps"}), {"a": Policy.deny}, "30/minute")
        await state.clients.change("bot", Change(policies={"b": Policy.allow}))
        await state.clients.change("bot", Change(scopes=frozenset({"read:mail"})))
        await state.clients.change("bot", Change(rate=None))
    async with opened() as state:
        client = state.clients.find(key)
        assert client is not None
        assert (client.scopes, client.rate) == (frozenset({"read:mail"}), None)
        assert client.policies == {"a": Policy.deny, "b": Policy.allow}


async def test_concurrent_client_updates_are_both_applied(opened) -> None:
    async with opened() as state:
        await state.clients.create("bot", frozenset(), {})
        names = [f"operation_{number}" for number in range(20)]
        await asyncio.gather(*(state.clients.change("bot", Change(policies={name: Policy.allow})) for name in names))
        assert set((await state.clients.show("bot")).policies) == set(names)


async def test_rotated_key_is_valid_and_the_old_key_is_not_also_after_a_restart(opened, clock) -> None:
    async with opened() as state:
        made, old = await state.clients.create("bot", frozenset(), {})
        clock.move(hours=1)
        renewed, new = await state.clients.renew_key("bot")
        assert renewed.id == made.id
        assert renewed.key_created_at > made.key_created_at
        assert state.clients.refresh(made) is None
        for _ in range(2):
            await state.clients.load()
            assert state.clients.find(old) is None
            assert state.clients.find(new) == renewed
        assert await state.clients.list() == [renewed]
    async with opened() as state:
        assert (state.clients.find(old), state.clients.find(new)) == (None, renewed)


async def test_everything_off_revokes_every_client_and_frees_their_names(opened) -> None:
    async with opened() as state:
        keys = [(await state.clients.create(f"bot-{number}", frozenset(), {}))[1] for number in range(3)]
        await state.clients.revoke("bot-0")
        assert await state.clients.revoke_all() == 2
        assert [state.clients.find(key) for key in keys] == [None] * 3
        assert await state.clients.revoke_all() == 0
        _, key = await state.clients.create("bot-1", frozenset(), {})
        assert state.clients.find(key) is not None


async def test_concurrently_created_and_revoked_keys_are_all_invalid(opened) -> None:
    async with opened() as state:
        made = await asyncio.gather(*(state.clients.create(f"bot-{number}", frozenset(), {}) for number in range(20)))
        renewed, *_ = await asyncio.gather(
            state.clients.renew_key("bot-0"), *(state.clients.revoke(f"bot-{number}") for number in range(1, 20))
        )
        assert [client.name for _, key in made if (client := state.clients.find(key))] == []
        assert state.clients.find(renewed[1]) is not None


async def test_key_cannot_belong_to_two_clients(opened) -> None:
    async with opened() as state:
        await state.clients.create("one", frozenset(), {}, key="a key of the person's own")
        with pytest.raises(Conflict):
            await state.clients.create("two", frozenset(), {}, key="a key of the person's own")
        assert [client.name for client in await state.clients.list()] == ["one"]


async def test_unknown_client_name_hints_at_the_list(opened) -> None:
    async with opened() as state:
        with pytest.raises(NotFound, match="clients list"):
            await state.clients.show("nobody")


async def test_table_matches_the_migrations(opened) -> None:
    async with opened() as state:
        names = await state.context.database.read(lambda c: [row[1] for row in c.execute(text("PRAGMA table_info(client)"))])
        assert names == ["id", "name", "scopes", "policies", "rate", "created_at", "revoked_at"]


async def test_short_custom_key_is_refused_and_a_long_one_is_masked(opened) -> None:
    async with opened() as state:
        with pytest.raises(InvalidInput, match="characters"):
            await state.clients.create("bot", frozenset(), {}, key="hunter2")
        made, _ = await state.clients.create("bot", frozenset(), {}, key="a key of the person's own")
        assert len(made.key_hint) == 3


async def test_reinstated_client_has_its_last_key_again(opened, clock) -> None:
    async with opened() as state:
        _, old = await state.clients.create("bot", frozenset({"read:apps"}), {})
        clock.move(seconds=1)
        _, key = await state.clients.renew_key("bot")
        revoked = await state.clients.revoke("bot")
        await state.clients.create("bot", frozenset(), {})
        (client,) = [client for client in await state.clients.list() if client.id == revoked.id]
        with pytest.raises(Conflict, match="bot"):
            await state.clients.reinstate_restored(client)
        await state.clients.revoke("bot")
        await state.clients.reinstate_restored(client)
        assert state.clients.find(key)
        assert state.clients.find(old) is None


async def test_client_with_a_name_that_nobody_could_give_is_not_reinstated(opened) -> None:
    async with opened() as state:
        _, key = await state.clients.create("bot", frozenset(), {})
        client = replace(await state.clients.revoke("bot"), name="b\u202eot")
        with pytest.raises(InvalidInput):
            await state.clients.reinstate_restored(client)
        assert state.clients.find(key) is None
