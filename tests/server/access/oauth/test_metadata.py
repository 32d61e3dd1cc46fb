import pytest

from server.access.oauth.metadata import challenge, describe_server
from server.access.oauth.models import OAuthSettings
from tests.server.access.oauth.programs import ask


def test_issuer_is_the_same_everywhere_without_trailing_slash(served):
    documents = [
        ask(served, "GET", f"/.well-known/{kind}{path}").json()
        for kind in ("oauth-authorization-server", "oauth-protected-resource")
        for path in ("", "/mcp")
    ]
    issuers = {document.get("issuer") or document["authorization_servers"][0] for document in documents}
    assert issuers == {served.public}
    assert [document.get("resource") for document in documents[2:]] == [served.public, f"{served.public}/mcp"]
    assert ask(served, "GET", "/.well-known/oauth-authorization-server/other").status_code == 404


def test_metadata_follows_the_public_address(serve):
    served = serve(demo=True, public_url="https://desk.example.org")
    document = ask(served, "GET", "/.well-known/oauth-authorization-server").json()
    assert document["issuer"] == "https://desk.example.org"
    assert document["token_endpoint"] == "https://desk.example.org/chatgpt/oauth/token"
    addresses = served.person("GET", "/api/addresses").json()
    assert addresses["oauth_token"] == document["token_endpoint"]
    assert addresses["oauth_authorize"] == document["authorization_endpoint"]
    assert set(addresses["oauth_scope"].split()) < set(document["scopes_supported"])


def test_disabled_features_are_not_in_the_metadata():
    server_metadata = describe_server("https://x", ["b", "a"], OAuthSettings(documents_allowed=False))
    assert "registration_endpoint" not in server_metadata
    assert server_metadata["client_id_metadata_document_supported"] is False
    assert server_metadata["scopes_supported"] == ["a", "b", "offline_access"]
    assert server_metadata["code_challenge_methods_supported"] == ["S256"]
    assert "private_key_jwt" not in str(server_metadata)


@pytest.mark.parametrize("wrong", [False, True])
def test_challenge_has_the_address_of_the_metadata(wrong):
    header = challenge("https://x", "/mcp", "", wrong=wrong)
    assert 'resource_metadata="https://x/.well-known/oauth-protected-resource/mcp"' in header
    assert ("invalid_token" in header) is wrong
    assert "scope" not in header
