import sys

import pytest

from server.core.clock import Clock
from server.core.errors import Conflict, Unavailable
from server.integrations.tools.models import Catalog, Tool, Transport, UpstreamConfig, UpstreamSecrets, UpstreamState
from server.integrations.tools.record import ServerRecord
from server.integrations.tools.stored import Credentials, fingerprint, fingerprint_tool
from server.integrations.tools.upstream import Upstream
from tests.server.integrations.tools.gateway import ScriptedUpstream, describe_tool
from tests.server.integrations.tools.upstreams import ignore_change
from tests.server.listening import until

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
