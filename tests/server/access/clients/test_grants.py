from server.access.clients import grants
from server.access.clients.client import Client
from server.access.clients.store import add_client
from server.access.oauth import store, token_store
from server.access.oauth.consent import record_consent
from server.access.oauth.models import Kind, OAuthSettings, Registration
from server.access.oauth.request_context import AuthorizationRequest, RequestContext

SCOPES = frozenset({"read:mail", "write:mail"})


async def test_token_is_valid_while_its_grant_lives_and_with_the_scopes_that_both_have(opened, clock) -> None:
    async with opened() as state:
        now = clock.now().isoformat()
        context = RequestContext("https://pc.example", (), clock.now(), OAuthSettings.model_validate({}), SCOPES)

        def prepare(connection) -> str:
            client = Client("c1", "gpt", frozenset({"read:mail"}), created_at=now)
            add_client(connection, client)
            registration = Registration("deskhand-1", Kind.own, "gpt", client="c1", created_at=now)
            store.add_registration(connection, registration)
            wanted = AuthorizationRequest(registration, client, "https://a.example", ("read:mail",), "/mcp")
            grant = record_consent(connection, context, wanted)
            token_store.add_token(connection, "access", grant, "access", "read:mail", context.after(60))
            token_store.add_token(connection, "refresh", grant, "refresh", "read:mail", context.after(60))
            token_store.add_token(connection, "late", grant, "access", "read:mail", now)
            return grant

        grant = await state.context.database.write(prepare)
        read = state.context.database.read
        tokens = await read(grants.read_valid_tokens, now)
        assert [(token.grant, token.resource) for token in tokens.values()] == [(grant, "/mcp")]
        assert (await read(grants.read_granted))[grant].scopes == {"read:mail"}
        await state.context.database.write(grants.end_oauth_clients, now, "It was ended.", ["another"])
        assert await read(grants.read_valid_tokens, now) == tokens
        await state.context.database.write(grants.end_oauth_clients, now, "It was ended.", ["c1"])
        assert await read(grants.read_valid_tokens, now) == {}
        assert await read(grants.read_granted) == {}
