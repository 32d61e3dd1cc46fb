import pytest

from server.core.errors import NotFound
from server.integrations.tools.models import Catalog, Tool
from server.integrations.tools.offers import Offers
from tests.server.integrations.tools.test_upstream import CONFIG, make_upstream

NONE = frozenset[str]()


def make_two(*names):
    tools = tuple(Tool(name=name) for name in names)
    first, second = make_upstream(tools=tools), make_upstream(tools=tools)
    second.config = CONFIG.model_copy(update={"id": "other"})
    second.credentials = second.credentials.model_copy(update={"fingerprint": fingerprint_of(second)})
    return {"crm": first, "other": second}


def fingerprint_of(upstream):
    from server.integrations.tools.stored import fingerprint

    return fingerprint(upstream.config)


def test_router_of_an_unchanged_server_stays():
    offers, upstreams = Offers(), make_two("a")
    assert offers.make(upstreams, NONE)
    first, second = offers.routers
    assert not offers.make(upstreams, NONE)
    upstreams["other"].supervisor.catalog = Catalog(tools=(Tool(name="a"), Tool(name="b")))
    assert offers.make(upstreams, NONE)
    assert offers.routers[0] is first
    assert offers.routers[1] is not second
    assert (first.scope, second.scope) == ("use:crm", "use:other")


def test_server_that_is_gone_offers_nothing():
    offers, upstreams = Offers(), make_two("a")
    offers.make(upstreams, NONE)
    del upstreams["other"]
    assert offers.make(upstreams, NONE)
    assert [tool.public.name for tool in offers.tools] == ["a"]


def test_tool_is_found_by_any_of_its_names():
    offers = Offers()
    offers.make({"crm": make_upstream(tools=(Tool(name="get_leads"),))}, NONE)
    assert {offers.find_tool(name).identity for name in ("get_leads", "get-leads", "crm__get_leads")} == {"crm__get_leads"}
    with pytest.raises(NotFound, match="GET /tools lists them"):
        offers.find_tool("get_gold")


def test_name_of_several_tools_says_what_they_are_called():
    offers = Offers()
    offers.make(make_two("natural_query"), NONE)
    with pytest.raises(NotFound, match="crm__natural_query, other__natural_query"):
        offers.find_tool("natural_query")
    assert [tool.key.server for tool in offers.find_query_tools("")] == ["crm", "other"]
    assert [tool.key.server for tool in offers.find_query_tools("other__natural_query")] == ["other"]


def test_tools_that_a_caller_may_not_use_are_not_named_to_them():
    offers = Offers()
    offers.make(make_two("natural_query"), NONE)
    with pytest.raises(NotFound, match=r"Use crm__natural_query\.$"):
        offers.find_tool("natural_query", lambda tool: tool.key.server == "crm")
    with pytest.raises(NotFound, match="There is no tool called natural_query"):
        offers.find_tool("natural_query", lambda _: False)


@pytest.mark.parametrize("name", ["get_sum", "get-sum", "GET_SUM"])
def test_name_that_differs_by_a_dash_says_what_the_tools_are_called(name) -> None:
    offers = Offers()
    offers.make({"crm": make_upstream(tools=(Tool(name="get_sum"), Tool(name="get-sum")))}, NONE)
    with pytest.raises(NotFound, match=r"crm__get-sum_[0-9a-f]{16}, crm__get_sum_[0-9a-f]{16}"):
        offers.find_tool(name)


@pytest.mark.parametrize(
    "name", ["../../api/tools", "%2e%2e/approvals", "get_leads?x=1", "get_leads\r\nX: 1", "/tools/get-leads", ""]
)
def test_name_of_a_call_leads_nowhere_else(name) -> None:
    offers = Offers()
    offers.make({"crm": make_upstream(tools=(Tool(name="get_leads"),))}, NONE)
    with pytest.raises(NotFound):
        offers.find_tool(name)


@pytest.mark.parametrize("name", ["get_sum", "GET-SUM", "crm__get_sum"])
def test_dashes_of_a_name_may_be_underscores(name):
    offers = Offers()
    offers.make({"crm": make_upstream(tools=(Tool(name="get-sum"),))}, NONE)
    assert offers.find_tool(name).key.tool == "get-sum"
