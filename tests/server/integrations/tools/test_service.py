import asyncio

from server.integrations.tools.fake.launch import crm_command, crm_environment
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.store import Store
from server.integrations.tools.stored import SECTION, Credentials, ToolsSettings, fingerprint
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from tests.server.integrations.tools.gateway import find_server, trust, wait_for_tools

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


def store(data, fingerprinted, **settings):
    data.mkdir(exist_ok=True)
    credentials = Credentials(secrets=SECRETS, fingerprint=fingerprint(fingerprinted), trusted=True)

    async def write():
        stored = Settings(data)
        await Store(stored, Secrets(data, folder_only=True)).put(CONFIG, credentials)
        await stored.change(SECTION, ToolsSettings, lambda current: current.model_copy(update=settings))

    asyncio.run(write())


def test_server_of_another_configuration_runs_when_it_is_confirmed_and_is_untrusted(serve, tmp_path):
    store(tmp_path / "data", CONFIG.model_copy(update={"command": "the-one-that-was-added"}))
    served = serve(tmp_path / "data")
    assert served.call("GET", "/tools").json()["tools"] == []
    view = find_server(served)
    assert (view["confirmed"], view["state"], view["tools"]) == (False, "stopped", [])
    assert "Confirm it" in served.person("GET", "/api/overview").text
    assert served.person("POST", "/api/tools/crm/confirm").status_code == 200
    wait_for_tools(served)
    assert (find_server(served)["confirmed"], find_server(served)["trusted"]) == (True, False)


def test_question_goes_to_the_tool_in_the_settings_with_the_arguments_that_it_has(serve, tmp_path):
    store(tmp_path / "data", CONFIG, query_tool="search_entities")
    served = serve(tmp_path / "data")
    wait_for_tools(served)
    trust(served)
    answer = served.call("POST", "/query", json={"query": "a", "limit": 1, "response_format": "text"}).json()
    assert len(answer["structuredContent"]["records"]) == 1, "the limit is among the arguments of search_entities"
