from dataclasses import replace

import pytest
from starlette.datastructures import Headers

from server.access.clients.callers import LONGEST_TOKEN, Callers, identify, read_token, separate
from server.access.clients.registry import Change, Client
from server.core.errors import NotAuthenticated

SCOPE, OTHER = "use:crm", "use:notes"
ANN, BEN = "header.ann.signature", "header.ben.signature"


def bearer(*values: str, **more: str) -> Headers:
    return Headers(
        raw=[(b"authorization", value.encode()) for value in values] + [(b"x-api-key", v.encode()) for v in more.values()]
    )


@pytest.mark.parametrize("value", [f"Bearer {ANN}", f"bearer   {ANN} ", "Bearer eyJhbGciOiJub25lIn0.e30.c2ln"])
def test_bearer_of_three_parts_is_the_token_of_a_caller(value):
    assert read_token(bearer(value)) == value.partition(" ")[2].strip()


@pytest.mark.parametrize(
    "values",
    [
        (),
        ("Bearer dh_key-of-a-client",),
        ("Bearer dh_like.a.token",),
        ("Bearer a.b",),
        ("Bearer header.payload.",),
        ("Bearer a.b.c.d-and-more",),
        ("Bearer header.pay load.signature",),
        ("Bearer header.payl\xf6ad.signature",),
        (f"Bearer header.{'a' * LONGEST_TOKEN}.signature",),
        (f"ApiKey {ANN}",),
        (f"Basic {ANN}",),
        (f"Bearer {ANN}", f"Bearer {BEN}"),
    ],
)
def test_everything_else_is_none(values):
    assert read_token(bearer(*values)) == ""


def test_token_beside_a_key_is_none():
    assert read_token(bearer(f"Bearer {ANN}", key="dh_key")) == ""


def test_keys_of_idempotency_are_those_of_one_caller():
    client = Client("1", "crm-callers", frozenset())
    ann, ben = (replace(client, caller=identify(token)) for token in (ANN, BEN))
    assert separate(client, "key") == "key"
    assert len({separate(ann, "key"), separate(ben, "key"), separate(ann, "other"), "key"}) == 4


async def test_callers_of_a_scope_are_one_client_with_that_scope_alone(opened):
    async with opened() as state:
        callers = Callers(state.clients)
        assert callers.find(SCOPE, ANN) is None
        assert not callers.is_enabled(SCOPE)
        client_id = await callers.enable(SCOPE, "crm-callers")
        ann, ben = callers.find(SCOPE, ANN), callers.find(SCOPE, BEN)
        assert ann
        assert ben
        assert (ann.id, ann.scopes, ann.identity != ben.identity) == (client_id, {SCOPE}, True)
        assert callers.find(OTHER, ANN) is None
        with pytest.raises(NotAuthenticated):
            callers.require(OTHER, ANN)
        await state.clients.change("crm-callers", Change(scopes=frozenset({SCOPE, OTHER, "read:apps"})))
        assert callers.require(SCOPE, ANN).scopes == {SCOPE}
        assert callers.find("", ANN).scopes == {SCOPE}, "of what serves all scopes"
        assert callers.find(OTHER, ANN) is None, "a scope that the client got by hand"
        await callers.enable(OTHER, "notes-callers")
        assert [callers.require(scope, ANN).scopes for scope in (SCOPE, OTHER, "")] == [{SCOPE}, {OTHER}, {SCOPE, OTHER}]


async def test_nobody_is_let_in_after_revocation_or_the_end(opened):
    async with opened() as state:
        callers = Callers(state.clients)
        await callers.enable(SCOPE, "crm-callers")
        await callers.enable(OTHER, "crm-callers")
        names = {client.name for client in await state.clients.list()}
        assert names == {"crm-callers", "crm-callers-2"}
        ann = callers.require(SCOPE, ANN)
        assert state.clients.refresh(ann) == ann
        await state.clients.revoke("crm-callers")
        assert (callers.find(SCOPE, ANN), state.clients.refresh(ann)) == (None, None)
        await callers.disable(OTHER)
        assert callers.find("", ANN) is None
        assert all(client.revoked_at for client in await state.clients.list())


async def test_client_without_its_scope_lets_nobody_use_it(opened):
    async with opened() as state:
        callers = Callers(state.clients)
        await callers.enable(SCOPE, "crm-callers")
        await state.clients.change("crm-callers", Change(scopes=frozenset({OTHER})))
        assert callers.require(SCOPE, ANN).scopes == frozenset()


async def test_end_of_a_scope_is_reported_once(opened):
    async with opened() as state:
        callers, ended = Callers(state.clients), list[str]()
        callers.on_end.append(ended.append)
        await callers.enable(SCOPE, "crm-callers")
        await callers.enable(OTHER, "notes-callers")
        await state.clients.change("crm-callers", Change(rate="none"))
        assert ended == []
        await state.clients.revoke("crm-callers")
        assert ended == [SCOPE]
        await callers.disable(OTHER)
        assert ended == [SCOPE, OTHER]


async def test_client_stays_the_same_after_a_start_and_a_revoked_one_is_not_restored(opened):
    async with opened() as state:
        client_id = await Callers(state.clients).enable(SCOPE, "crm-callers")
    async with opened() as state:
        callers = Callers(state.clients)
        assert not callers.is_enabled(SCOPE)
        await callers.restore(SCOPE, client_id)
        assert callers.require(SCOPE, ANN).id == client_id
        await state.clients.revoke("crm-callers")
        await callers.restore(SCOPE, client_id)
        assert not callers.is_enabled(SCOPE)


async def test_credential_of_deskhand_is_no_token_of_a_caller_also_after_its_end(opened):
    async with opened() as state:
        callers, own = Callers(state.clients), "a-key-of-the.persons-own.choice"
        await callers.enable(SCOPE, "crm-callers")
        await state.clients.create("gpt", frozenset(), {}, key=own)
        assert callers.find(SCOPE, own) is None
        await state.clients.revoke("gpt")
        assert callers.find(SCOPE, own) is None
        assert callers.find(SCOPE, f"{own}x")
