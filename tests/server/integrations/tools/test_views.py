from server.integrations.tools.callers import Callers
from server.integrations.tools.models import Catalog, Tool
from server.integrations.tools.offers import Offers
from server.integrations.tools.stored import fingerprint_tool
from server.integrations.tools.views import view_upstream
from server.sdk.caller_tokens import CallerTokens
from tests.server.integrations.tools.test_upstream import OTHER, TOOL, make_upstream

CALLERS = Callers(CallerTokens())


def test_changed_tools_are_shown_as_changed():
    marks = {"a": fingerprint_tool(TOOL)}
    upstream, offers = make_upstream(read_only=marks), Offers()
    offers.make({"crm": upstream}, frozenset())
    assert [(tool.read_only, tool.changed) for tool in view_upstream(offers, CALLERS, upstream).tools] == [
        (True, False),
        (False, False),
    ]
    upstream.supervisor.catalog = Catalog(tools=(TOOL.model_copy(update={"description": "Sends."}), OTHER))
    assert [(tool.read_only, tool.changed) for tool in view_upstream(offers, CALLERS, upstream).tools] == [
        (False, True),
        (False, False),
    ]


def test_tool_that_is_not_offered_has_no_public_name():
    upstream = make_upstream(tools=(Tool(name="new"),))
    (tool,) = view_upstream(Offers(), CALLERS, upstream).tools
    assert (tool.name, tool.public_name, tool.operation) == ("new", "", "")
