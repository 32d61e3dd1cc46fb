import pytest

from server.integrations.tools.fake.launch import crm_environment
from tests.server.integrations.tools.gateway import (
    add_servers,
    describe_crm,
    find_server,
    serve_crm,
    wait_for_tools,
    write_config,
)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serve_crm(tmp_path_factory.mktemp("tools")) as served:
        yield served


def put(served, part, order, server="crm"):
    return served.person("PUT", f"/api/tools/{server}/{part}", json=order)


def list_offered(served, server="crm"):
    return [tool["name"] for tool in find_server(served, server)["tools"] if tool["offered"]]


def test_configuration_is_shown_before_it_is_added(served):
    config = write_config(
        crm=describe_crm(cwd="/"), notes={"url": "https://notes.example/${TENANT}", "headers": {"X-Key": "k-value"}}
    )
    answer = served.person("POST", "/api/tools/preview", json={"config": config})
    view = answer.json()
    crm, notes = view["servers"]
    assert (crm["replaces"], crm["changed"], crm["folder"]) == (True, True, "/")
    assert (notes["replaces"], notes["target"], notes["headers"]) == (False, "https://notes.example/${TENANT}", ["X-Key"])
    assert view["missing"] == ["TENANT"]
    assert "k-value" not in answer.text
    assert [server["id"] for server in served.person("GET", "/api/tools").json()["servers"]] == ["crm"], "nothing is added"
    same = served.person("POST", "/api/tools/preview", json={"config": write_config(crm=describe_crm())}).json()["servers"]
    assert [(server["replaces"], server["changed"]) for server in same] == [(True, False)]


def test_variable_that_is_missing_is_given_when_the_server_is_added(served):
    config = write_config(asked=describe_crm(env=crm_environment() | {"CRM_KEY": "${DESKHAND_TEST_KEY}"}))
    assert served.person("POST", "/api/tools/preview", json={"config": config}).json()["missing"] == ["DESKHAND_TEST_KEY"]
    order = {"config": config, "variables": {"DESKHAND_TEST_KEY": "secret-of-the-test"}}
    assert served.person("POST", "/api/tools", json=order).json()["missing"] == {}
    view = find_server(served, "asked")
    assert (view["state"], view["missing"]) == ("ready", [])
    assert "secret-of-the-test" not in served.person("GET", "/api/tools").text
    served.person("DELETE", "/api/tools/asked")


def test_missing_value_is_added_later_and_the_server_starts_with_it(served):
    add_servers(served, later=describe_crm(env=crm_environment() | {"CRM_KEY": "${DESKHAND_TEST_KEY}"}))
    view = find_server(served, "later")
    assert (view["state"] in {"waiting", "failed"}, view["missing"]) == (True, ["DESKHAND_TEST_KEY"])
    assert put(served, "secrets", {"variables": {"DESKHAND_TEST_KEY": "value-added-later"}}, "later").status_code == 200
    wait_for_tools(served, "later")
    assert find_server(served, "later")["missing"] == []
    assert "value-added-later" in (served.data / "secrets.json").read_text()
    assert put(served, "secrets", {"environment": {"LD_PRELOAD": "x"}}, "later").status_code == 422
    served.person("DELETE", "/api/tools/later")


def test_server_that_is_turned_off_offers_nothing_until_it_is_on_again(served):
    assert put(served, "enabled", {"enabled": False}).status_code == 200
    view = find_server(served)
    assert (view["enabled"], view["state"], view["tools"]) == (False, "stopped", [])
    assert served.call("GET", "/tools").json()["tools"] == []
    assert put(served, "enabled", {"enabled": True}).status_code == 200
    wait_for_tools(served)
    assert find_server(served)["confirmed"], "it is the configuration that the person added"


def test_chosen_tools_are_offered_to_clients_and_stay_chosen(served):
    wait_for_tools(served)
    every, key = list_offered(served), served.make_client("chooser")
    assert put(served, "offered", {"tools": ["get_leads"]}).status_code == 200
    assert list_offered(served) == ["get_leads"]
    assert [tool["name"] for tool in served.call("GET", "/tools", key).json()["tools"]] == ["get_leads"]
    assert served.call("POST", "/tools/get-contacts", key, json={}).status_code == 404
    add_servers(served, crm=describe_crm())  # as a file that is read again does
    wait_for_tools(served)
    assert list_offered(served) == ["get_leads"]
    assert put(served, "offered", {"tools": None}).status_code == 200
    assert list_offered(served) == every


def test_person_tries_a_tool_that_is_not_offered(served):
    wait_for_tools(served)
    put(served, "offered", {"tools": []})
    tried = served.person("POST", "/api/tools/crm/try", json={"tool": "get_leads", "arguments": {"limit": 1}})
    assert "Nordlicht" in tried.json()["content"][0]["text"]
    put(served, "offered", {"tools": None})


def test_arguments_of_a_trial_are_checked(served):
    wait_for_tools(served)
    refused = served.person("POST", "/api/tools/crm/try", json={"tool": "get_leads", "arguments": {"limit": "x"}})
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("The arguments do not fit: limit")
