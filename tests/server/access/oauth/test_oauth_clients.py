import asyncio

import pytest

from server.access.oauth.models import ClientCredentials
from server.core.errors import NotFound
from tests.server.access.oauth.programs import GPT, Program, own

PAIR = ClientCredentials("a-chosen-id", "a-chosen-secret")


def test_rotated_secret_is_valid_and_the_old_one_with_its_sign_ins_is_not(served):
    old = own(served, redirect_uris=["https://app.example/cb"])
    pair = old.sign_in()
    made = served.person("POST", "/api/clients/my-gpt/oauth", json={}).json()
    new = Program(served, made["oauth"]["client_id"], made["oauth"]["client_secret"])
    assert served.call("GET", "/apps/list", pair["access_token"]).status_code == 401
    assert old.refresh(pair["refresh_token"]).status_code == 401
    assert old.begin().status_code == 400
    assert new.sign_in()["access_token"]
    assert made["client"]["oauth"]["redirect_uris"] == ["https://app.example/cb"]
    assert made["oauth"]["client_secret"] not in served.person("GET", "/api/clients").text


def test_client_with_a_key_may_sign_in_too(served):
    key = served.make_client("script", scopes=["read:apps"])
    made = served.person("POST", "/api/clients/script/oauth", json={}).json()
    program = Program(served, made["oauth"]["client_id"], made["oauth"]["client_secret"])
    token = program.sign_in()["access_token"]
    assert [served.call("GET", "/apps/list", credential).status_code for credential in (key, token)] == [200, 200]


def test_client_that_signs_in_has_no_key_until_it_gets_one(served):
    program = own(served)
    client = served.person("GET", "/api/clients/my-gpt").json()
    assert (client["key_hint"], client["key_created_at"], client["oauth"]["client_id"]) == ("", "", program.client_id)
    key = served.person("POST", "/api/clients/my-gpt/key").json()["key"]
    assert served.call("GET", "/apps/list", key).status_code == 200


def test_client_of_the_environment_is_created_once(serve):
    first = serve(demo=True, openai=PAIR)
    (client,) = first.person("GET", "/api/clients").json()
    assert (client["name"], client["scopes"]) == ("openai", ["read:memories"])
    program = Program(first, PAIR.client_id, PAIR.client_secret, GPT)
    assert program.begin().status_code == 303
    assert first.background.stop()
    again = serve(first.data, demo=True, openai=ClientCredentials(PAIR.client_id, "another"))
    assert len(again.person("GET", "/api/clients").json()) == 1
    program.served = again
    program.sign_in(scope="read:memories")
    again.person("DELETE", "/api/clients/openai")
    assert again.background.stop()
    last = serve(first.data, demo=True, openai=PAIR)
    assert all(listed["revoked_at"] for listed in last.person("GET", "/api/clients").json()), (
        "one that was ended is not made again"
    )


def test_client_of_the_environment_yields_to_a_client_of_that_name(serve):
    first = serve(demo=True)
    first.make_client("openai")
    assert first.background.stop()
    again = serve(first.data, demo=True, openai=PAIR)
    assert {client["name"] for client in again.person("GET", "/api/clients").json()} == {"openai", "openai-2"}


@pytest.mark.parametrize("renewed_first", [True, False])
async def test_redirect_uris_that_are_replaced_while_the_secret_is_renewed_are_in_force(opened, renewed_first):
    old, new = ["https://old.example/cb"], ["https://new.example/cb"]
    async with opened() as state:
        programs = state.programs
        client, _ = await programs.create("my-gpt", frozenset(), {}, None, old)
        changes = [programs.change_callbacks("my-gpt", new), programs.renew("my-gpt")]
        await asyncio.gather(*(reversed(changes) if renewed_first else changes))
        assert (await programs.read())[client.id].registration.redirect_uris == tuple(new)


async def test_secret_of_a_client_that_is_revoked_meanwhile_is_not_renewed(opened):
    async with opened() as state:
        await state.programs.create("my-gpt", frozenset(), {})
        renewing = asyncio.create_task(state.programs.renew("my-gpt"))
        await asyncio.sleep(0)
        revoked = asyncio.create_task(state.clients.revoke_all())
        with pytest.raises(NotFound):
            await renewing
        assert await revoked == 1
        assert await state.programs.read() == {}
