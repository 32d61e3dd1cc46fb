import pytest

from server.integrations.tools.fake.launch import crm_environment
from tests.server.integrations.tools.gateway import add_servers, describe_crm, find_server, serve_crm, write_config


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serve_crm(tmp_path_factory.mktemp("tools")) as served:
        yield served


def find_tool(served, name="get_leads", server="crm"):
    return next(tool for tool in find_server(served, server)["tools"] if tool["name"] == name)


def test_server_is_shown_with_its_tools(served):
    view = find_server(served)
    assert (view["state"], view["confirmed"], view["trusted"], view["info"]["name"]) == ("ready", True, False, "demo-crm")
    tool = find_tool(served)
    assert (tool["public_name"], tool["operation"], tool["read_only"]) == ("get_leads", "crm__get_leads", False)
    assert tool["annotations"] == {"readOnlyHint": True}, "shown, and not believed"


def test_values_of_the_environment_are_in_no_answer_and_no_settings(served):
    add_servers(served, secretive=describe_crm(env=crm_environment() | {"CRM_KEY": "value-of-the-key"}))
    assert find_server(served, "secretive")["state"] == "ready"
    assert "value-of-the-key" not in served.person("GET", "/api/tools").text
    assert "value-of-the-key" not in (served.data / "settings.json").read_text()
    assert "value-of-the-key" in (served.data / "secrets.json").read_text()
    served.person("DELETE", "/api/tools/secretive")
    assert "value-of-the-key" not in (served.data / "secrets.json").read_text()


def test_scope_is_there_when_the_server_was_added(served):
    scopes = served.call("GET", "/.well-known/oauth-authorization-server", "").json()["scopes_supported"]
    assert "use:crm" in scopes


def test_tool_that_is_marked_as_reading_is_not_asked_about(served):
    key = served.make_client("reader")
    order = {"tool": "get_leads", "read_only": True}
    assert served.person("PUT", "/api/tools/crm/read-only", json=order).status_code == 200
    assert find_tool(served)["read_only"]
    assert served.call("POST", "/tools/get-leads", key, json={}).status_code == 200
    assert served.person("PUT", "/api/tools/crm/read-only", json=order | {"read_only": False}).status_code == 200
    refused = served.call("POST", "/tools/get-leads", key, json={}, headers={"Prefer": "respond-async"})
    assert refused.status_code == 202


def test_person_tries_a_tool(served):
    tried = served.person("POST", "/api/tools/crm/try", json={"tool": "get_leads", "arguments": {"limit": 1}}).json()
    assert "Nordlicht" in tried["text"]
    assert tried["failed"] is False
    assert served.person("POST", "/api/tools/crm/try", json={"tool": "get_gold"}).status_code == 404
    assert served.person("GET", "/api/tools/crm/log").json()["lines"] == []


@pytest.mark.parametrize("config", ["{}", "no JSON", write_config(bad={"command": 7})])
def test_configuration_without_a_usable_server_is_refused(served, config):
    assert served.person("POST", "/api/tools", json={"config": config}).status_code == 422
