import json

import pytest

from tests.server.commandline.conftest import deskhand
from tests.server.integrations.tools.gateway import describe_crm, find_server, write_config

__all__ = ["deskhand"]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mcp.json"
    path.write_text(write_config(crm=describe_crm()))
    return str(path)


def test_servers_are_added_listed_tried_and_removed(serve, deskhand, file):
    served = serve()
    assert "No MCP servers" in deskhand("tools", "list").stdout
    added = deskhand("tools", "add", file)
    assert added.returncode == 0, added.stderr
    assert "): ready\n" in added.stdout
    key = served.make_client("gpt")
    assert len(served.call("GET", "/tools", key).json()["tools"]) == 4, "they are there when the command returns"
    assert json.loads(deskhand("tools", "list", "--json").stdout)["servers"][0]["state"] == "ready"
    assert "get_leads" in deskhand("tools", "list").stdout
    assert "Nordlicht" in deskhand("tools", "try", "crm", "get_leads", '{"limit": 1}').stdout
    wrong = deskhand("tools", "try", "crm", "get_leads", "no JSON")
    assert (wrong.returncode, wrong.stderr) == (1, "The arguments are not a JSON object, such as '{\"limit\": 2}'.\n")
    assert deskhand("tools", "try", "crm", "get_leads", "[1]").stderr == wrong.stderr
    unknown = deskhand("tools", "try", "nothing", "get_leads")
    assert (unknown.returncode, unknown.stderr) == (1, "There is no MCP server called nothing.\n")
    assert deskhand("tools", "log", "crm").returncode == 0
    assert deskhand("tools", "remove", "crm", "--yes").stdout == "crm removed.\n"
    assert served.call("GET", "/tools", key).json()["tools"] == []
    assert served.call("POST", "/tools/get-leads", key, json={}).status_code == 404


def test_values_of_inputs_and_variables_are_given_on_the_command_line(serve, deskhand, tmp_path):
    served = serve()
    config = json.loads(write_config(crm=describe_crm(args=[*describe_crm()["args"], "${env:NOT_SET_HERE}", "${input:team}"])))
    path = tmp_path / "mcp.json"
    path.write_text(json.dumps(config | {"inputs": [{"id": "team"}]}))
    missing = deskhand("tools", "add", str(path), "--input", "teem=blue")
    assert missing.stderr == "No server needs the input teem.\n"
    assert "  Or add it again with --input NOT_SET_HERE=VALUE --input team=VALUE\n" in missing.stdout
    added = deskhand("tools", "add", str(path), "--input", "team=blue", "--input", "NOT_SET_HERE=x")
    assert (added.returncode, added.stderr) == (0, "")
    assert find_server(served)["state"] == "ready"
    assert find_server(served)["missing"] == []
