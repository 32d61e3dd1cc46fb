import pytest

from server.integrations.tools.models import OAuthClient, Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.sign_in.stored import Grant, GrantStore, bind, takes_sign_in
from server.storage.secrets import Secrets

CONFIG = UpstreamConfig(id="notes", title="Notes", transport=Transport.http, url="https://${HOST}/mcp")
GRANT = Grant(binding="one", tokens={"access_token": "access"})


def give(host: str) -> UpstreamSecrets:
    return UpstreamSecrets.model_validate({"variables": {"HOST": host}})


async def test_grant_is_for_the_configuration_that_it_was_granted_for(tmp_path):
    store = GrantStore(Secrets(tmp_path, folder_only=True))
    await store.write("notes", GRANT)
    assert await store.read("notes", "one") == GRANT
    assert await store.read("notes", "another") is None
    await store.delete("notes")
    assert await store.read("notes", "one") is None


async def test_grant_that_cannot_be_read_is_none(tmp_path):
    secrets = Secrets(tmp_path, folder_only=True)
    await secrets.set("tools:notes:sign-in", "{")
    assert await GrantStore(secrets).read("notes", "one") is None


@pytest.mark.parametrize(
    ("config", "secrets"),
    [
        (CONFIG.model_copy(update={"url": "https://other.example/mcp"}), give("a.example")),
        (CONFIG.model_copy(update={"oauth": OAuthClient(client_id="other")}), give("a.example")),
        (CONFIG, give("b.example")),
    ],
)
def test_binding_is_another_for_another_address_or_client(config, secrets):
    assert bind(config, secrets) != bind(CONFIG, give("a.example"))


def test_binding_stays_when_a_server_is_named_or_turned_off():
    changed = CONFIG.model_copy(update={"title": "Other", "enabled": False})
    assert bind(changed, give("a.example")) == bind(CONFIG, give("a.example"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"headers": ("X-Key",)}, True),
        ({"headers": ("AUTHORIZATION",)}, False),
        ({"transport": Transport.stdio}, False),
    ],
)
def test_sign_in_is_for_servers_over_http_without_a_header_that_authenticates(changes, expected):
    assert takes_sign_in(CONFIG.model_copy(update=changes)) is expected
