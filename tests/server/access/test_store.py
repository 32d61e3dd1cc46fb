import asyncio

import pytest

from server.access.client import Change
from server.access.clients import hash_key
from server.access.store import change_client, read_clients, require_credential, revoke_clients
from server.errors import NotAuthenticated, NotFound


def test_a_key_opens_nothing_in_the_very_writing_that_comes_after_its_end(opened, clock) -> None:
    async def main() -> None:
        async with opened() as state:
            _, key = await state.clients.create("bot", frozenset(), {})
            write, now = state.context.database.write, clock.now().isoformat()
            looked = await asyncio.gather(
                write(require_credential, f"key:{hash_key(key).hex()}"),
                write(revoke_clients, now),
                write(require_credential, f"key:{hash_key(key).hex()}"),
                return_exceptions=True,
            )
            assert [type(one) for one in looked] == [type(None), int, NotAuthenticated]

    asyncio.run(main())


def test_a_client_is_listed_once_with_its_last_key_however_many_it_had(opened, clock) -> None:
    async def main() -> None:
        async with opened() as state:
            await state.clients.create("bot", frozenset(), {})
            for _ in range(3):
                clock.move(seconds=1)
                last, _ = await state.clients.renew_key("bot")
            await state.clients.revoke("bot")
            (listed,) = await state.context.database.read(read_clients)
            assert (listed.key_hint, listed.key_hash) == (last.key_hint, last.key_hash)

    asyncio.run(main())


def test_a_client_that_was_revoked_meanwhile_is_not_changed(opened) -> None:
    async def main() -> None:
        async with opened() as state:
            made, _ = await state.clients.create("bot", frozenset(), {})
            await state.clients.revoke("bot")
            with pytest.raises(NotFound, match="meanwhile"):
                await state.context.database.write(change_client, made.id, Change(rate="none"))

    asyncio.run(main())
