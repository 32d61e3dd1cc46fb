import pytest

from tests.server.access.oauth.programs import own
from tests.server.integrations.tools.gateway import add_servers, describe_crm, serve_crm, trust

NOW = {"Prefer": "respond-async"}
NAMES = ["natural_query", "get_leads", "get_contacts", "search_entities"]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with serve_crm(tmp_path_factory.mktemp("tools")) as served:
        served.make_client("gpt")
        yield served


@pytest.fixture
def served(running):
    """The server, whose upstream is not trusted."""
    trust(running, trusted=False)
    return running


def use(served, path, body, **options):
    return served.call("POST", path, served.keys["gpt"], json=body, **options)


def test_tools_are_listed_for_those_who_have_the_scope(served):
    answer = served.call("GET", "/tools").json()
    assert [tool["name"] for tool in answer["tools"]] == NAMES
    assert answer["tools"][0]["parameters"]["required"] == ["query"]
    assert answer["server_info"]["name"] == "Deskhand"
    other = served.make_client("other", scopes=["read:apps"])
    assert served.call("GET", "/tools", other).json()["tools"] == []
    assert served.call("POST", "/tools", other, json={"name": "get_leads", "arguments": {}}).status_code == 403
    assert served.call("GET", "/tools", "").status_code == 401
    assert served.call("POST", "/tools", "", json={"name": "get_leads"}).status_code == 401


def test_token_with_fewer_scopes_than_its_grant_calls_no_tool_by_name(served):
    """A call is handed over in the middle of another one, which has looked up its client again by then."""
    trust(served)
    program = own(served, scopes="read:apps use:crm")
    pair = program.sign_in()
    narrow = program.refresh(pair["refresh_token"], scope="read:apps").json()["access_token"]
    assert served.call("GET", "/tools", narrow).json()["tools"] == []
    assert served.call("POST", "/query", pair["access_token"], json={"query": "leads"}).status_code == 200
    for path, body in (("/query", {"query": "leads"}), ("/tools", {"name": "get_leads", "arguments": {}})):
        assert served.call("POST", path, narrow, json=body).status_code == 403, path


@pytest.mark.parametrize("path", ["/tools/get-leads", "/tools"])
def test_tool_asks_until_its_server_is_trusted_and_is_recorded_once(served, path):
    body = {"limit": 1} if path != "/tools" else {"name": "get_leads", "arguments": {"limit": 3}}
    before = len(served.activity())
    answer = use(served, path, body, headers=NOW)
    assert answer.status_code == 202, answer.text
    *_, pending = served.person("GET", "/api/approvals").json()
    assert pending["operation"] == "crm__get_leads"
    assert served.person("POST", f"/api/approvals/{pending['id']}/deny", json={}).status_code == 200
    trust(served)
    answer = use(served, path, body | ({"limit": 2} if path != "/tools" else {"arguments": {"limit": 2}}))
    assert answer.status_code == 200, answer.text
    assert "Nordlicht Optik" in answer.text
    entries = served.activity()[: len(served.activity()) - before]
    assert [entry["operation"] for entry in entries] == ["crm__get_leads", "crm__get_leads"]


def test_answers_have_the_fields_of_the_seed(served):
    trust(served)
    answer = use(served, "/tools", {"function_name": "get_leads", "arguments": {"limit": 1}}).json()
    assert (answer["tool_name"], answer["success"]) == ("get_leads", True)
    assert "Nordlicht Optik" in answer["result"]
    answer = use(served, "/query", {"query": "Show me new leads", "response_format": "natural", "session_id": "x"}).json()
    assert (answer["query"], answer["response_format"], answer["success"]) == ("Show me new leads", "natural", True)
    assert answer["result"].startswith("2 new leads")
    called = served.person("GET", f"/api/activity/{served.activity()[0]['id']}").json()
    assert called["arguments"]["body"] == {"query": "Show me new leads", "response_format": "natural"}, "what the tool knows"
    assert answer["timestamp"]
    answer = served.call("GET", "/query?query=contacts&response_format=natural").json()
    assert answer["result"].startswith("6 contacts")


def test_failure_of_a_tool_is_no_success(served):
    trust(served)
    assert use(served, "/tools", {"name": "get_gold"}).status_code == 404
    assert use(served, "/tools", {}).status_code == 422
    assert use(served, "/tools", {"name": "get_leads", "arguments": {"limit": 0}}).status_code == 422
    assert use(served, "/query", {"query": ""}).status_code == 422


def test_denied_tool_is_denied_by_every_address(served):
    trust(served)
    key = served.make_client("denied", deny=["crm__natural_query"])
    for path, body in (
        ("/query", {"query": "leads"}),
        ("/tools", {"name": "natural_query", "arguments": {"query": "leads"}}),
        ("/tools/natural-query", {"query": "leads"}),
    ):
        assert served.call("POST", path, key, json=body).status_code == 403, path
    assert served.call("GET", "/query?query=leads", key).status_code == 403


def test_documents_have_each_tool_and_not_the_addresses_that_call_by_name(served):
    paths = served.call("GET", "/gpts/gpt/openapi.json").json()["paths"]
    assert paths["/tools/get-leads"]["post"]["operationId"] == "get_leads"
    assert not {"/tools", "/query"} & set(paths)


def test_names_of_two_servers_are_prefixed(served):
    add_servers(served, second=describe_crm())
    served.person("PATCH", "/api/clients/gpt", json={"scopes": ["use:crm", "use:second"]})
    trust(served)
    listed = served.call("GET", "/tools").json()
    assert {tool["name"] for tool in listed["tools"]} == {f"{server}__{name}" for server in ("crm", "second") for name in NAMES}
    assert listed["renamed"]["get_leads"] == ["crm__get_leads", "second__get_leads"]
    refused = use(served, "/tools", {"name": "get_leads"})
    assert refused.status_code == 404
    assert "crm__get_leads, second__get_leads" in refused.json()["detail"]
    assert use(served, "/tools", {"name": "crm__get_leads"}).status_code == 200
    assert use(served, "/tools/crm--get-leads", {}).status_code == 200
    assert "leads" in use(served, "/query", {"query": "leads"}).text, "the first natural_query answers"
    served.person("DELETE", "/api/tools/second")
