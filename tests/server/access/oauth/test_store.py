import pytest

from server.access.clients.allowances import Allowance, add_allowance
from server.access.clients.store import require_credential
from server.access.oauth import store
from server.access.oauth.consent import add_grant
from server.access.oauth.models import Kind, OAuthSettings, Registration
from server.access.oauth.request_context import AuthorizationRequest, RequestContext
from server.access.oauth.token_store import add_code, add_token
from server.access.tables import oauth_client, oauth_code, oauth_grant, oauth_token
from server.core.errors import NotAuthenticated
from server.sdk.approval_requests import ApprovalDuration


async def let_in(state, clock, token="token", seconds=3600):
    """A client with one grant and one access token."""
    client, pair = await state.programs.create("bot", frozenset({"read:apps"}), {})
    terms = RequestContext("https://x", (), clock.now(), OAuthSettings(), frozenset())

    def work(connection):
        registration = store.find_registration(connection, pair.client_id)
        grant = add_grant(
            connection, terms, AuthorizationRequest(registration, client, "https://cb", ("read:apps", "read:mail"), ""), client.id
        )
        add_token(connection, token, grant, "access", "read:apps read:mail", terms.after(seconds))
        return grant

    grant = await state.context.database.write(work)
    await state.clients.reload()
    return grant


def count(connection):
    return [len(connection.execute(table.select()).all()) for table in (oauth_client, oauth_grant, oauth_code, oauth_token)]


async def test_grant_permits_the_scopes_of_client_and_grant_until_it_ends_also_after_a_restart(opened, clock):
    async with opened() as state:
        grant = await let_in(state, clock)
    async with opened() as state:
        client = state.clients.find("token")
        assert (client.name, client.scopes, client.credential) == ("bot", frozenset({"read:apps"}), f"grant:{grant}")
        assert state.clients.find_by_credential(client.credential) == client
        await state.context.database.read(require_credential, client.credential)
        await state.programs.end_grant("bot", grant)
        assert state.clients.refresh(client) is None
        assert state.clients.find("token") is None
        with pytest.raises(NotAuthenticated):
            await state.context.database.read(require_credential, client.credential)


async def test_expired_access_token_leaves_its_grant(opened, clock):
    async with opened() as state:
        grant = await let_in(state, clock, seconds=60)
        clock.move(seconds=61)
        assert state.clients.find("token") is None
        assert state.clients.find_by_credential(f"grant:{grant}")


async def test_everything_off_ends_every_grant(opened, clock):
    async with opened() as state:
        grant = await let_in(state, clock)
        await state.clients.revoke_all()
        assert state.clients.find("token") is None
        assert state.clients.find_by_credential(f"grant:{grant}") is None
        assert await state.programs.read() == {}


@pytest.mark.parametrize("way", ["its sign-in is ended", "its secret is renewed"])
async def test_temporary_allowances_end_with_their_grant(opened, clock, way):
    async with opened() as state:
        grant = await let_in(state, clock)
        bot, (other, _) = await state.clients.show("bot"), await state.clients.create("other", frozenset(), {})
        for client in (bot, other):
            allowance = Allowance(client.name, client.id, "send_mail", ApprovalDuration.recipients, ("ann",), "2026", None)
            await state.context.database.write(add_allowance, allowance)
        await (state.programs.renew("bot") if "secret" in way else state.programs.end_grant("bot", grant))
        left = [len(await state.approvals.allowances.list(client.id)) for client in (bot, other)]
        assert left == [0, 1]


async def test_invalid_tokens_are_pruned_and_the_rest_stays(opened, clock):
    async with opened() as state:
        prune, database = state.oauth.prune, state.context.database
        grant = await let_in(state, clock)
        await database.write(add_code, "code", grant, None, None, clock.now().isoformat())
        lost = Registration("deskhand-lost", Kind.registered, "x", created_at=clock.now().isoformat())
        await database.write(store.add_unused, lost, 100, ())
        await prune()
        assert await database.read(count) == [2, 1, 1, 1], "a spent code tells of a theft as long as its tokens live"
        clock.move(hours=25)
        await prune()
        assert await database.read(count) == [1, 0, 0, 0]


async def test_ended_client_id_can_register_again(opened, clock):
    async with opened() as state:
        await let_in(state, clock)
        (program,) = (await state.programs.read()).values()
        await state.clients.revoke("bot")
        again = Registration(program.registration.id, Kind.document, "again", created_at=clock.now().isoformat())
        await state.context.database.write(store.add_registration, again)
        assert (await state.context.database.read(store.find_registration, again.id)).name == "again"


async def test_oldest_unapproved_registration_is_evicted_first(opened, clock):
    async with opened() as state:
        database = state.context.database
        await let_in(state, clock)
        for number in range(5):
            clock.move(seconds=1)
            made = Registration(f"deskhand-{number}", Kind.registered, "x", created_at=clock.now().isoformat())
            await database.write(store.add_unused, made, 3, {"deskhand-0"})
        registrations = [await database.read(store.find_registration, f"deskhand-{number}") for number in range(5)]
        assert [registration is not None for registration in registrations] == [True, False, True, True, True]
        assert len(await state.programs.read()) == 1
