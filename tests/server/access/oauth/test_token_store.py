from server.access.oauth.models import Kind, Registration
from server.access.oauth.store import add_registration, end_grant
from server.access.oauth.token_store import add_code, add_token, find_code, find_stored_token, spend_code, spend_token
from server.access.tables import oauth_grant
from server.core.credentials import digest


async def test_codes_and_tokens_are_found_until_their_grant_ends(opened, clock):
    now = clock.now().isoformat()

    def work(connection, client_id):
        add_registration(connection, Registration("deskhand-1", Kind.own, "bot", client=client_id, created_at=now))
        grant = {"id": "g", "oauth_client_id": "deskhand-1", "client_id": client_id, "callback": "x", "scopes": "read:apps"}
        connection.execute(oauth_grant.insert().values(**grant, resource="", address="x", created_at=now))
        add_code(connection, "code", "g", None, "challenge", now)
        add_token(connection, "token", "g", "refresh", "read:apps", now)
        code, token = find_code(connection, "code"), find_stored_token(connection, "token")
        assert (code.grant, code.code_challenge, code.is_over(clock.now())) == ("g", "challenge", True)
        assert (token.kind, token.granted, token.used_at) == ("refresh", "read:apps", None)
        spend_code(connection, code, now)
        spend_token(connection, token, digest("next"), now)
        spend_token(connection, token, digest("other"), now)
        assert find_code(connection, "code").used_at == now
        assert find_stored_token(connection, "token").successor == digest("next"), "it is spent once"
        assert find_code(connection, "token") is None
        assert end_grant(connection, "g", now, "why")
        assert not end_grant(connection, "g", now, "again")
        assert (find_code(connection, "code"), find_stored_token(connection, "token")) == (None, None)

    async with opened() as state:
        client, _ = await state.clients.create("bot", frozenset({"read:apps"}), {})
        await state.context.database.write(work, client.id)
