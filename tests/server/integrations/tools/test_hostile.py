"""A hostile server behind a whole Deskhand: what clients, the person and the command line see of it."""

import json
import sys

import pytest

from server.core.invisible import remove_hidden
from tests.server.integrations.tools.gateway import add_servers, find_server, serve_crm
from tests.server.integrations.tools.upstreams import HOSTILE

NOW = {"Prefer": "respond-async"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serve_crm(tmp_path_factory.mktemp("tools")) as served:
        yield served


@pytest.fixture
def add(served):
    """Add the hostile server in a mode; it is removed afterwards."""
    added = []

    def add(mode):
        added.append(mode)
        notes = add_servers(served, **{mode: {"command": sys.executable, "args": [str(HOSTILE), mode]}})["notes"]
        assert notes == []
        return find_server(served, mode)

    yield add
    for mode in added:
        served.person("DELETE", f"/api/tools/{mode}")


def test_hidden_text_reaches_neither_clients_nor_the_person(served, add):
    view = add("hidden")
    key = served.make_client("of-hidden", scopes=["use:hidden"])
    assert view["tools"][0]["flags"] == ["Hidden text was removed from it."]
    assert "Hidden text was removed from its instructions." in view["notes"]
    answers = [
        served.person("GET", "/api/tools"),
        served.call("GET", "/tools", key),
        served.call("GET", "/gpts/of-hidden/openapi.json", key),
        served.call("POST", "/tools/get-data", key, json={}, headers=NOW),
        served.person("GET", "/api/approvals"),
        served.person("GET", "/api/operations"),
    ]
    for answer in answers:
        text = json.dumps(answer.json(), ensure_ascii=False)
        assert (answer.status_code < 300, text) == (True, remove_hidden(text))
        assert "[31m" not in text
    assert "“hidden”" in served.person("GET", "/api/approvals").text


def test_tools_do_not_take_names_of_ours(served, add):
    view = add("ours")
    names = {tool["name"]: tool["public_name"] for tool in view["tools"]}
    assert names["search"] == "ours__search"
    assert names["read_approval"] == "ours__read_approval"
    assert names["send_mail"].startswith("ours__send_mail_")
    assert names["Send-Mail"].startswith("ours__Send-Mail_")
    assert names["crm__get_leads"] == "ours__crm__get_leads"
    assert {tool["operation"].partition("__")[0] for tool in view["tools"]} == {"ours"}
    assert find_server(served)["tools"][1]["public_name"] == "get_leads"
    key = served.make_client("of-ours", scopes=["use:ours", "use:crm"], allow=["crm__get_leads"])
    assert served.call("POST", "/tools/get-leads", key, json={}).status_code == 200
    assert served.call("POST", "/tools", key, json={"name": "crm__get_leads", "arguments": {}}).json()["tool_name"] == "get_leads"
    assert served.call("POST", "/tools/ours--crm--get-leads", key, json={}, headers=NOW).status_code == 202
    for path in (
        "/tools/../api/tools",
        "/tools/%2e%2e/api/tools",
        "/tools/..%2fapi%2ftools",
        "/tools/get-leads%3fx",
        "/tools/a%0d%0ab",
    ):
        assert served.call("POST", path, key, json={}).status_code == 404, path


def test_tools_without_number_are_limited_and_a_document_has_as_many_as_a_gpt_takes(served, add):
    view = add("many")
    assert len(view["tools"]) == 1_000
    assert any("more than 1000 tools" in note for note in view["notes"])
    assert "It offers 1000 tools. A GPT takes 28 of them: choose those that you need." in view["notes"]
    served.make_client("of-many", preset="ask", scopes=["use:many"])
    paths = served.call("GET", "/gpts/of-many/openapi.json", served.keys["of-many"]).json()["paths"]
    assert sum(len(item) for item in paths.values()) == 30
    served.person("PUT", "/api/tools/many/offered", json={"tools": ["tool_1", "tool_2"]})
    assert not any("choose" in note for note in find_server(served, "many")["notes"])


def test_recursive_schema_leads_nowhere(served, add):
    add("recursive")
    key = served.make_client("of-recursive", scopes=["use:recursive"])
    document = served.call("GET", "/gpts/of-recursive/openapi.json", key).text
    assert "x.example" not in document
    assert json.loads(document)["paths"]["/tools/walk"]
    deep = {"next": {}}
    for _ in range(50):
        deep = {"next": deep}
    assert served.call("POST", "/tools/walk", key, json=deep, headers=NOW).status_code == 202


def test_list_that_always_changes_does_not_stop_other_servers(served, add):
    view = add("changing")
    key = served.make_client("of-changing", scopes=["use:crm"], allow=["crm__get_leads"])
    for _ in range(5):
        assert served.call("POST", "/tools/get-leads", key, json={}).status_code == 200
    assert len(find_server(served, "changing")["tools"]) == len(view["tools"]) == 1
