import gc
import weakref
from typing import Any

import pytest
from starlette.datastructures import Headers

from server.access.clients.registry import Change, Client, Policy
from server.access.guard.admissions import ClientAdmissions
from server.access.guard.authentication import Authenticator
from server.access.guard.rate_limits import Limits
from server.core.errors import Forbidden, NotAuthenticated, TooManyRequests
from server.core.sentences import Sentence
from server.runtime.state import RateLimits
from server.sdk.admission import ConnectionKind

KIND = ConnectionKind("serve_extension", Sentence("connect the extension", done="connected the extension"))
SCOPES = frozenset({"extension", "read:mail"})


async def test_client_is_admitted_by_its_key_or_its_headers_and_recorded(opened) -> None:
    async with opened() as state:
        client, key = await state.clients.create("browser", SCOPES, {})
        for credential in (key, Headers({"X-API-Key": key})):
            admission = await state.context.admit(credential, "extension", KIND, "127.0.0.1:1")
            assert (admission.client_id, admission.client_name, admission.ended.is_set()) == (client.id, "browser", False)
        entries = await state.activity.list()
        recorded = [(entry.client_name, entry.operation, entry.sentence, entry.decision, entry.outcome) for entry in entries]
        assert recorded == [("browser", "serve_extension", "connect the extension", "allowed", "done")] * 2
        assert key not in str(entries)


@pytest.mark.parametrize("key", ["", "dh_unknown", "\ud800é☃", "a\r\nb"])
async def test_unknown_key_is_refused(opened, key: str) -> None:
    async with opened() as state:
        with pytest.raises(NotAuthenticated) as refused:
            await state.context.admit(key, "extension", KIND)
        assert "extension" in refused.value.challenge
        assert await state.activity.list() == []


async def test_client_without_the_scope_is_refused_and_the_refusal_recorded(opened) -> None:
    async with opened() as state:
        _, key = await state.clients.create("reader", frozenset({"read:mail"}), {})
        with pytest.raises(Forbidden, match="lacks the scope extension"):
            await state.context.admit(key, "extension", KIND)
        (entry,) = await state.activity.list()
        assert (entry.outcome, entry.decision, entry.status) == ("refused", "refused", 403)


async def test_connections_count_against_the_limit_of_the_client(opened) -> None:
    async with opened(RateLimits(reading="1/minute")) as state:
        _, key = await state.clients.create("browser", SCOPES, {})
        await state.context.admit(key, "extension", KIND)
        for _ in range(2):
            with pytest.raises(TooManyRequests):
                await state.context.admit(key, "extension", KIND)
        assert [entry.status for entry in await state.activity.list()] == [429, None]


async def test_admission_ends_with_the_key_and_with_the_scope_and_no_other_one(opened) -> None:
    async with opened() as state:
        first, second, third = [(await state.clients.create(name, SCOPES, {}))[1] for name in ("first", "second", "third")]
        renewed, narrowed, other = [await state.context.admit(key, "extension", KIND) for key in (first, second, third)]
        await state.clients.renew_key("first")
        await state.clients.change("second", Change(scopes=frozenset({"read:mail"})))
        assert [admission.ended.is_set() for admission in (renewed, narrowed, other)] == [True, True, False]
        await state.clients.revoke("third")
        assert other.ended.is_set()


async def test_key_that_ends_while_it_is_admitted_is_ended(opened) -> None:
    class Revoking(Authenticator):
        async def authenticate_request(self, *arguments: Any, **options: Any) -> Client:
            client = await super().authenticate_request(*arguments, **options)
            await self.clients.revoke(client.name)
            return client

    async with opened() as state:
        _, key = await state.clients.create("browser", SCOPES, {})
        authenticator = Revoking(state.clients, state.usage, state.address)
        admit = ClientAdmissions(authenticator, Limits("9/minute", "9/minute"), state.activity, state.context.clock)
        assert (await admit(key, "extension", KIND)).ended.is_set()


async def test_connection_that_is_gone_is_not_kept(opened) -> None:
    async with opened() as state:
        _, key = await state.clients.create("browser", SCOPES, {})
        known = weakref.ref(await state.context.admit(key, "extension", KIND))
        gc.collect()
        assert known() is None


async def test_clients_that_may_not_call_an_operation_are_listed_and_a_change_is_announced(opened) -> None:
    async with opened() as state:
        made = {name: (await state.clients.create(name, SCOPES, {}))[0].id for name in ("first", "second", "third", "fourth")}
        changes: list[int] = []
        state.context.admit.on_change.append(lambda: changes.append(1))
        assert await state.context.admit.list_excluded("extension", "serve") == set()
        await state.clients.revoke("first")
        await state.clients.change("second", Change(scopes=frozenset({"read:mail"})))
        await state.clients.change("third", Change(policies={"serve": Policy.deny}))
        await state.clients.renew_key("fourth")
        excluded = await state.context.admit.list_excluded("extension", "serve")
        assert excluded == {made["first"], made["second"], made["third"]}
        assert len(changes) == 4
