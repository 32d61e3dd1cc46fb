import asyncio

import pytest

from server.access.clients.allowances import Allowance, add_allowance, read_allowances
from server.access.clients.client import Change, Policy
from server.access.clients.store import change_client, read_clients, require_credential, revoke_clients
from server.core.credentials import digest
from server.core.errors import NotAuthenticated, NotFound
from server.sdk.approval_requests import ApprovalDuration


async def test_revoked_key_is_invalid_from_the_next_write(opened, clock) -> None:
    async with opened() as state:
        _, key = await state.clients.create("bot", frozenset(), {})
        write, now = state.context.database.write, clock.now().isoformat()
        looked = await asyncio.gather(
            write(require_credential, f"key:{digest(key).hex()}"),
            write(revoke_clients, now),
            write(require_credential, f"key:{digest(key).hex()}"),
            return_exceptions=True,
        )
        assert [type(result) for result in looked] == [type(None), int, NotAuthenticated]


async def test_client_is_listed_once_with_its_last_key(opened, clock) -> None:
    async with opened() as state:
        await state.clients.create("bot", frozenset(), {})
        for _ in range(3):
            clock.move(seconds=1)
            last, _ = await state.clients.renew_key("bot")
        await state.clients.revoke("bot")
        (listed,) = await state.context.database.read(read_clients)
        assert (listed.key_hint, listed.key_hash) == (last.key_hint, last.key_hash)


TO_ANN = {"extent": ApprovalDuration.recipients, "recipients": ("ann",), "created_at": "2026", "until": None}
ALLOWED = [("1", "send_mail"), ("2", "send_mail"), ("3", "control_app")]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (Change(policies={"send_mail": Policy.ask}), ["3"]),
        (Change(policies={"send_mail": Policy.deny}), ["3"]),
        (Change(policies={"send_mail": Policy.allow}), ["1", "2", "3"]),
        (Change(policies={"control_app": Policy.ask, "send_mail": Policy.deny}), []),
        (Change(frozenset({"read:mail"})), []),
        (Change(frozenset({"read:mail", "write:mail", "write:apps"}), rate="none"), ["1", "2", "3"]),
        ("renew", []),
        ("revoke", []),
        ("revoke all", []),
    ],
)
async def test_revoked_permission_ends_its_temporary_allowances(opened, clock, change, left) -> None:
    async with opened() as state:
        clients, write, now = state.clients, state.context.database.write, clock.now().isoformat()
        bot, _ = await clients.create("bot", frozenset({"read:mail", "write:mail"}), {})
        other, _ = await clients.create("other", frozenset(), {})
        for number, operation in ALLOWED:
            await write(add_allowance, Allowance(number, bot.id, operation, **TO_ANN))
        await write(add_allowance, Allowance("4", other.id, "send_mail", **TO_ANN))
        if isinstance(change, Change):
            await clients.change("bot", change)
        else:
            ways = {"renew": clients.renew_key, "revoke": clients.revoke, "revoke all": clients.revoke_all}
            await ways[change](*([] if change == "revoke all" else ["bot"]))
        read = state.context.database.read
        assert sorted(allowance.id for allowance in await read(read_allowances, bot.id, now)) == left
        assert len(await read(read_allowances, other.id, now)) == (0 if change == "revoke all" else 1)


async def test_revoked_client_is_not_updated(opened) -> None:
    async with opened() as state:
        made, _ = await state.clients.create("bot", frozenset(), {})
        await state.clients.revoke("bot")
        with pytest.raises(NotFound, match="meanwhile"):
            await state.context.database.write(change_client, made.id, Change(rate="none"), "2026")


async def test_permissions_are_withdrawn_by_the_beginning_of_their_names(opened, clock) -> None:
    policies = {
        "crm__a": Policy.allow,
        "crm__b": Policy.deny,
        "crm__c": Policy.ask,
        "crm2__a": Policy.allow,
        "crm_": Policy.allow,
    }
    async with opened() as state:
        bot, key = await state.clients.create("bot", frozenset(), policies)
        await state.clients.create("gone", frozenset(), {"crm__a": Policy.allow})
        await state.clients.revoke("gone")
        for number, operation in enumerate(("crm__a", "crm2__a", "crmx_a")):
            added = Allowance(id=str(number), client_id=bot.id, operation=operation, **TO_ANN)
            await state.context.database.write(add_allowance, added)
        await state.context.operations.withdraw("crm__")
        assert state.clients.find(key).policies == {name: policy for name, policy in policies.items() if name != "crm__a"}
        assert (await state.clients.reinstate("gone")).policies == {}
        held = await state.context.database.read(read_allowances, bot.id, clock.now().isoformat())
        assert [item.operation for item in held] == ["crm2__a", "crmx_a"]
