from tests.server.integrations.tools.gateway import find_server, wait_for_tools


def test_demo_has_the_crm(serve, monkeypatch):
    monkeypatch.setenv("DESKHAND_DEMO_TOOLS", "on")
    served = serve(demo=True)
    assert wait_for_tools(served, "demo-crm") == ["natural_query", "get_leads", "get_contacts", "search_entities"]
    assert find_server(served, "demo-crm")["title"] == "Demo CRM"


def test_demo_has_no_server_if_that_is_off(serve):
    assert serve(demo=True).person("GET", "/api/tools").json()["servers"] == []
