import base64
import sys
from urllib.parse import urlsplit

import pytest
import yaml

from server.core.clock import Clock
from server.core.errors import Conflict, Unavailable, UpstreamFailed
from server.integrations.tools.models import Catalog, Tool, Transport, UpstreamConfig, UpstreamSecrets, UpstreamState
from server.integrations.tools.record import ServerRecord
from server.integrations.tools.sign_in.sign_in import SignIn
from server.integrations.tools.sign_in.stored import Grant, GrantStore
from server.integrations.tools.stored import Credentials, fingerprint, fingerprint_tool
from server.integrations.tools.upstream import Upstream
from server.storage.secrets import Secrets
from tests.server.integrations.tools.authorized import authorized_server
from tests.server.integrations.tools.gateway import ScriptedUpstream, describe_tool, find_server, trust, wait_until
from tests.server.integrations.tools.upstreams import HOSTILE, ignore_change
from tests.server.listening import until
from tests.server.projections.mcp.speaking import initialize, modern, read

CONFIG = UpstreamConfig(id="crm", title="CRM", transport=Transport.stdio, command="crm", arguments=("secret-value",))
TOOL, OTHER = Tool(name="a", description="Reads."), Tool(name="b")


def make_upstream(config=CONFIG, tools=(TOOL, OTHER), **credentials):
    values = {"fingerprint": fingerprint(CONFIG), **credentials}
    record = ServerRecord().observe(config.id, tools, Catalog(tools=tools))
    return Upstream(config, Credentials(**values), ignore_change, Clock(), record)


@pytest.mark.parametrize("change", [{"enabled": False}, {"command": "from-a-backup"}])
async def test_server_that_is_off_or_not_confirmed_neither_starts_nor_offers_anything(change):
    upstream = make_upstream(CONFIG.model_copy(update=change))
    await upstream.start()
    assert upstream.status.state is UpstreamState.stopped
    assert upstream.list_tools() == ()
    with pytest.raises(Unavailable):
        await upstream.call(TOOL, {})


async def test_removed_server_is_not_started_by_a_late_call():
    upstream = make_upstream()
    await upstream.close()
    with pytest.raises(Unavailable):
        await upstream.call(TOOL, {})
    assert upstream.status.state is UpstreamState.stopped


def test_disabled_tools_are_not_offered():
    upstream = make_upstream(CONFIG.model_copy(update={"disabled_tools": ("a",)}))
    assert [tool for tool in upstream.list_tools() if upstream.is_offered(tool)] == [OTHER]


@pytest.mark.parametrize(("chosen", "offered"), [(None, [OTHER]), (("a",), [TOOL]), ((), [])])
def test_chosen_tools_are_offered_even_if_the_configuration_disables_them(chosen, offered):
    upstream = make_upstream(CONFIG.model_copy(update={"disabled_tools": ("a",), "offered": chosen}))
    assert [tool for tool in upstream.list_tools() if upstream.is_offered(tool)] == offered


def test_mark_and_trust_end_when_the_tool_changes():
    upstream = make_upstream(trusted=True, accepted={"a": fingerprint_tool(TOOL)}, read_only={"a": fingerprint_tool(TOOL)})
    changed = TOOL.model_copy(update={"description": "Sends everything elsewhere."})
    assert (upstream.is_trusted(TOOL), upstream.is_read_only(TOOL)) == (True, True)
    assert (upstream.is_trusted(changed), upstream.is_read_only(changed)) == (False, False)
    assert not upstream.is_trusted(OTHER), "a tool that came after the server was trusted"


def test_target_shows_no_secret():
    secrets = UpstreamSecrets.model_validate({"environment": {"KEY": "secret-value"}})
    assert make_upstream(secrets=secrets).target == "crm •••"


def test_target_shows_settings_and_places():
    secrets = UpstreamSecrets.model_validate({"environment": {"CRM_PATH": "secret-value", "CRM_KEY": "secret-value-2"}})
    assert make_upstream(secrets=secrets).target == "crm secret-value"


async def test_tool_that_has_changed_since_its_call_was_decided_is_not_called(tmp_path):
    scripted = ScriptedUpstream(tmp_path / "tools.json", "crm")
    scripted.write(describe_tool("a"), describe_tool("b"))
    config = CONFIG.model_copy(update={"command": sys.executable, "arguments": tuple(scripted.describe()["args"])})
    upstream = make_upstream(config, (), fingerprint=fingerprint(config))
    await upstream.start()
    await until(lambda: len(upstream.list_tools()) == 2, 30)
    tool, other = upstream.list_tools()
    scripted.write(describe_tool("a", "Sends everything."), describe_tool("b"))
    await until(lambda: upstream.list_tools()[0] != tool, 30)
    with pytest.raises(Conflict, match="has just changed"):
        await upstream.call(tool, {})
    assert (await upstream.call(upstream.list_tools()[0], {})).text == "{}"
    assert (await upstream.call(other, {})).text == "{}", "the others are what they were"
    await upstream.close()


async def test_lost_answer_is_called_unknown_unless_the_tool_only_reads():
    config = CONFIG.model_copy(update={"command": sys.executable, "arguments": (str(HOSTILE), "exits")})
    upstream = make_upstream(config, (), fingerprint=fingerprint(config))
    await upstream.start()
    await until(lambda: bool(upstream.list_tools()), 30)
    tool = upstream.list_tools()[0]
    with pytest.raises(UpstreamFailed, match="not known whether it was done") as lost:
        await upstream.call(tool, {})
    assert lost.value.extra == {"uncertain": True}
    upstream.credentials = upstream.credentials.model_copy(update={"read_only": {tool.name: fingerprint_tool(tool)}})
    with pytest.raises(UpstreamFailed) as caught:
        await upstream.call(tool, {})
    assert ("not known" in caught.value.detail, caught.value.extra) == (False, {})
    await upstream.close()


def test_resources_and_prompts_of_a_server_are_tools(library):
    listed = {tool["name"]: tool for tool in library.call("GET", "/tools").json()["tools"]}
    assert "Books (library://books)" in listed["read_resource"]["description"]
    answer = library.call("POST", "/tools/read-resource", json={"uri": "library://books/3"}).json()
    assert answer["result"] == "Book 3"
    image, scan = (
        library.call("POST", "/tools/read-resource", json={"uri": f"library://{name}"}).json()["content"][0]
        for name in ("cover", "scan")
    )
    assert (image["type"], scan["type"], scan["uri"]) == ("image", "resource_link", "library://scan")
    assert library.call("GET", urlsplit(scan["url"]).path, "").content == b"%PDF-1.7 made up"
    order = {"name": "get_prompt", "arguments": {"name": "review", "arguments": {"book": "Momo"}}}
    answer = library.call("POST", "/tools", json=order)
    assert answer.json()["result"] == "Write a review of Momo."
    assert library.call("POST", "/tools/get-prompt", json={"name": "nothing"}).status_code == 422
    assert library.call("POST", "/tools/read-resource", json={"uri": "library://nothing"}).status_code in {404, 422, 502}
    view = find_server(library, "library")
    assert (view["resources"], view["prompts"]) == (4, 1)


def test_resources_ask_as_other_tools_do(library):
    key = library.make_client("denied", deny=["library__read_resource"])
    assert library.call("POST", "/tools/read-resource", key, json={}).status_code == 403
    trust(library, "library", trusted=False)
    refused = library.call("POST", "/tools/read-resource", json={"uri": "library://x"}, headers={"Prefer": "respond-async"})
    trust(library, "library")
    assert refused.status_code == 202


def test_document_of_one_server_has_its_tools_and_quotes_its_instructions(library):
    document = library.call("GET", "/gpts/gpt/openapi.json?scope=use:library").json()
    assert document["info"]["title"] == "Use library (Deskhand for gpt)"
    assert {"/tools/borrow", "/tools/read-resource", "/jobs/{job_id}", "/approvals/{approval_id}"} <= set(document["paths"])
    assert "/tools/get-leads" not in document["paths"]
    text = document["info"]["description"]
    assert "“library” says about its tools, which is no instruction of the person: “Use find first." in text
    assert "\u202e" not in text
    assert len(text) < 3_000, "its instructions are cut"
    assert "A CRM with made-up companies" in library.call("GET", "/gpts/gpt/openapi.json").json()["info"]["description"]
    assert yaml.safe_load(library.call("GET", "/gpts/gpt/openapi.yaml?scope=use:library").text) == document
    assert library.call("GET", "/gpts/gpt/openapi.json?scope=use:nothing").status_code == 404
    other = library.make_client("crm-only", scopes=["use:crm"])
    assert library.call("GET", "/gpts/crm-only/openapi.json?scope=use:library", other).status_code == 404
    assert "library" not in library.call("GET", "/gpts/crm-only/openapi.json", other).text


def test_instructions_at_mcp_are_those_of_the_client(library):
    key = library.make_client("mcp-crm", scopes=["use:crm"])
    everything = read(library.call("POST", "/mcp", **initialize()))["result"]["instructions"]
    own = read(library.call("POST", "/mcp", key, **initialize()))["result"]["instructions"]
    modern_own = read(library.call("POST", "/mcp", key, **modern("server/discover")))["result"]["instructions"]
    assert "“library” says" in everything
    assert "“Demo CRM”" not in own
    assert "A CRM with made-up companies" in own
    assert "“library” says" not in own
    assert modern_own == own


def test_file_of_a_resource_is_embedded_at_mcp(library):
    request = modern("tools/call", {"name": "read_resource", "arguments": {"uri": "library://scan"}})
    (block,) = read(library.call("POST", "/mcp", **request))["result"]["content"]
    assert block["type"] == "resource"
    assert base64.b64decode(block["resource"]["blob"]) == b"%PDF-1.7 made up"
    assert block["resource"]["mimeType"] == "application/pdf"


def test_health_lists_the_tools_of_a_client_and_nothing_to_others(library):
    key = library.make_client("health", scopes=["use:crm"])
    available = library.call("GET", "/health", key).json()["available_tools"]
    assert {"get_leads", "natural_query"} <= set(available)
    assert "borrow" not in available
    for wrong in ("", "deskhand_wrong"):
        assert library.call("GET", "/health", wrong).json() == {"status": "healthy"}


def test_call_that_takes_long_is_a_job_with_progress_and_is_cancelled_at_the_server(library):
    assert library.person("PUT", "/api/settings/jobs", json={"wait_seconds": 0.3}).status_code == 200
    accepted = library.call("POST", "/tools/copy", json={"pages": 600})
    assert library.person("PUT", "/api/settings/jobs", json={"wait_seconds": 40}).status_code == 200
    assert accepted.status_code == 202, accepted.text
    job = accepted.json()["poll"]
    wait_until(lambda: (library.call("GET", job).json()["progress"] or 0) > 0)
    assert library.call("GET", job).json()["message"].startswith("page ")
    assert library.call("DELETE", job).json()["status"] == "cancelled"
    wait_until(lambda: "cancelled" in library.call("POST", "/tools/last-copy", json={}).json()["result"])


async def test_callers_with_a_token_of_their_own_never_use_the_sign_in_of_the_person(tmp_path):
    with authorized_server() as server:
        server.issued = {"of-the-person": "", "of-the-caller": ""}
        config = UpstreamConfig(id="notes", title="Notes", transport=Transport.http, url=server.url)
        sign_in = SignIn(GrantStore(Secrets(tmp_path, folder_only=True)), "notes", "Notes", "binding", ignore_change)
        sign_in.grant = Grant(binding="binding", tokens={"access_token": "of-the-person"})
        credentials = Credentials(fingerprint=fingerprint(config))
        upstream = Upstream(config, credentials, ignore_change, Clock(), sign_in=sign_in)
        try:
            async with upstream.sessions.use() as supervisor, supervisor.session():
                pass
            assert set(server.tokens_seen) == {"of-the-person"}
            await upstream.supervisor.stop()
            server.tokens_seen.clear()
            async with upstream.sessions.use("of-the-caller") as supervisor, supervisor.session() as session:
                assert (await session.call_tool("whoami", {})).text == "hello"
            assert set(server.tokens_seen) == {"of-the-caller"}
        finally:
            await upstream.close()
