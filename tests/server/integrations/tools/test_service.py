import asyncio
import time

from server.integrations.tools.fake.launch import crm_command, crm_environment
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.store import Store
from server.integrations.tools.stored import Credentials, fingerprint
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from tests.server.integrations.tools.gateway import find_server

PROGRAM, *ARGUMENTS = crm_command()
CONFIG = UpstreamConfig(
    id="crm",
    title="CRM",
    transport=Transport.stdio,
    command=PROGRAM,
    arguments=tuple(ARGUMENTS),
    environment=tuple(crm_environment()),
)
SECRETS = UpstreamSecrets.model_validate({"environment": crm_environment()})


def store(data, config, fingerprinted):
    data.mkdir(exist_ok=True)
    credentials = Credentials(secrets=SECRETS, fingerprint=fingerprint(fingerprinted), trusted=True)
    asyncio.run(Store(Settings(data), Secrets(data, folder_only=True)).put(config, credentials))


def list_names(served, key):
    return [tool["name"] for tool in served.call("GET", "/tools", key).json()["tools"]]


def test_server_of_another_configuration_runs_when_it_is_confirmed_and_is_untrusted(serve, tmp_path):
    store(tmp_path / "data", CONFIG, CONFIG.model_copy(update={"command": "the-one-that-was-added"}))
    served = serve(tmp_path / "data")
    key = served.make_client("gpt")
    assert list_names(served, key) == []
    view = find_server(served)
    assert (view["confirmed"], view["state"]) == (False, "stopped")
    assert any("Confirm it" in str(member) for member in [served.person("GET", "/api/overview").json()])
    assert served.person("POST", "/api/tools/crm/confirm").status_code == 200
    limit = time.monotonic() + 60
    while len(list_names(served, key)) < 4:
        assert time.monotonic() < limit, find_server(served)
    assert (find_server(served)["confirmed"], find_server(served)["trusted"]) == (True, False)


def test_server_runs_again_after_a_restart(serve, tmp_path):
    store(tmp_path / "data", CONFIG, CONFIG)
    served = serve(tmp_path / "data")
    served.person("PATCH", "/api/settings/tools", json={"query_tool": "get_contacts"})
    key = served.make_client("gpt")
    limit = time.monotonic() + 60
    while len(list_names(served, key)) < 4:
        assert time.monotonic() < limit, find_server(served)
