import pytest

from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.store import Store, secret_name
from server.integrations.tools.stored import Credentials, fingerprint
from server.storage.secrets import Secrets
from server.storage.settings import Settings

CONFIG = UpstreamConfig(id="crm", title="CRM", transport=Transport.stdio, command="crm", environment=("KEY",))
SECRETS = UpstreamSecrets.model_validate({"environment": {"KEY": "value-of-key"}})
CREDENTIALS = Credentials(secrets=SECRETS, fingerprint=fingerprint(CONFIG))


@pytest.fixture
def secrets(tmp_path):
    return Secrets(tmp_path, folder_only=True)


@pytest.fixture
def store(tmp_path, secrets):
    return Store(Settings(tmp_path), secrets)


async def test_server_is_stored_and_its_secrets_are_not_in_the_settings(store, tmp_path):
    await store.put(CONFIG, CREDENTIALS)
    assert store.settings.upstreams == [CONFIG]
    assert await store.read_credentials("crm") == CREDENTIALS
    assert "value-of-key" not in (tmp_path / "settings.json").read_text()
    changed = CONFIG.model_copy(update={"title": "Other"})
    await store.put(changed, CREDENTIALS)
    assert store.settings.upstreams == [changed]


async def test_id_of_a_removed_server_is_not_given_to_another(store, secrets):
    await store.put(CONFIG, CREDENTIALS)
    await store.remove(CONFIG)
    assert store.settings.upstreams == []
    assert await secrets.get(secret_name("crm")) is None
    assert store.choose_id(CONFIG) == "crm"
    other = CONFIG.model_copy(update={"command": "other"})
    assert store.choose_id(other) == "crm-2"
    await store.put(other.model_copy(update={"id": "crm-2"}), CREDENTIALS)
    assert store.choose_id(CONFIG.model_copy(update={"command": "third"})) == "crm-3"


async def test_secrets_that_cannot_be_read_confirm_nothing(store, secrets):
    await secrets.set(secret_name("crm"), "{broken")
    assert await store.read_credentials("crm") == Credentials()
