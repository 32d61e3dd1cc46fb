import pytest
from pydantic import SecretStr

from server.core.errors import InvalidInput
from server.integrations.tools.models import OAuthClient, Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.sign_in.client import resolve_client

CONFIG = UpstreamConfig(
    id="notes", title="Notes", transport=Transport.http, oauth=OAuthClient(client_id="id", client_secret="${client secret}")
)


def test_secret_is_filled_in():
    client = resolve_client(CONFIG, UpstreamSecrets(variables={"client secret": SecretStr("value")}))
    assert (client.client_id, client.client_secret) == ("id", "value")


def test_server_without_a_client_has_an_empty_one():
    assert resolve_client(CONFIG.model_copy(update={"oauth": None}), UpstreamSecrets()) == OAuthClient()


def test_missing_secret_is_named():
    with pytest.raises(InvalidInput, match="client secret"):
        resolve_client(CONFIG, UpstreamSecrets())
