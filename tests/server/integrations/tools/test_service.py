import asyncio

from server.integrations.tools.fake.launch import crm_environment
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.store import Store
from server.integrations.tools.stored import SECTION, Credentials, ToolsSettings, fingerprint
from server.storage.secrets import Secrets
from server.storage.settings import Settings
from tests.server.integrations.tools.gateway import describe_crm, find_server, trust, wait_for_tools

SECRETS = UpstreamSecrets.model_validate({"environment": crm_environment()})


def store(data, added=None, **settings):
    """Store the CRM, and that another command was added as it where `added` is given."""
    described = describe_crm()
    config = UpstreamConfig(
        id="crm",
        title="CRM",
        transport=Transport.stdio,
        command=described["command"],
        arguments=tuple(described["args"]),
        environment=tuple(crm_environment()),
    )
    data.mkdir(exist_ok=True)
    fingerprinted = config.model_copy(update={"command": added or config.command})
    credentials = Credentials(secrets=SECRETS, fingerprint=fingerprint(fingerprinted), trusted=True)

    async def write():
        stored = Settings(data)
        await Store(stored, Secrets(data, folder_only=True)).put(config, credentials)
        await stored.change(SECTION, ToolsSettings, lambda current: current.model_copy(update=settings))

    asyncio.run(write())


def test_server_of_another_configuration_runs_when_it_is_confirmed_and_is_untrusted(serve, tmp_path):
    store(tmp_path / "data", "the-one-that-was-added")
    served = serve(tmp_path / "data")
    assert served.call("GET", "/tools").json()["tools"] == []
    view = find_server(served)
    assert (view["confirmed"], view["state"], view["tools"]) == (False, "stopped", [])
    assert "Confirm it" in served.person("GET", "/api/overview").text
    assert served.person("POST", "/api/tools/crm/confirm").status_code == 200
    wait_for_tools(served)
    assert (find_server(served)["confirmed"], find_server(served)["trusted"]) == (True, False)


def test_question_goes_to_the_tool_in_the_settings_with_the_arguments_that_it_has(serve, tmp_path):
    store(tmp_path / "data", query_tool="search_entities")
    served = serve(tmp_path / "data")
    wait_for_tools(served)
    trust(served)
    answer = served.call("POST", "/query", json={"query": "a", "limit": 1, "response_format": "text"}).json()
    assert len(answer["structuredContent"]["records"]) == 1, "the limit is among the arguments of search_entities"
