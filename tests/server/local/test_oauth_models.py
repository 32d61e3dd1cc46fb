from server.access.clients.grants import Grant
from server.access.oauth.models import Kind, Registration
from server.access.oauth.oauth_clients import OAuthClient
from server.local.oauth_models import view_program


def test_oauth_client_is_shown_without_a_secret():
    registration = Registration("deskhand-1", Kind.own, "bot", secret_hash=b"hidden", client="id-1")
    grant = Grant("g", "deskhand-1", "id-1", "https://cb", frozenset({"b", "a"}), "/mcp", "https://one", "2026")
    shown = view_program(OAuthClient(registration, (grant,)), "https://two")
    assert (shown.secret, shown.grants[0].scopes, shown.grants[0].moved) == (True, ["a", "b"], True)
    assert "hidden" not in shown.model_dump_json()
    assert not view_program(OAuthClient(registration, (grant,)), "https://one").grants[0].moved
