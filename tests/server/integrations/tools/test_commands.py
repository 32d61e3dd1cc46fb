import json

import pytest

from tests.server.commandline.conftest import deskhand
from tests.server.integrations.tools.gateway import describe_crm, write_config

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
    assert "crm (crm, " in added.stdout
    key = served.make_client("gpt")
    assert len(served.call("GET", "/tools", key).json()["tools"]) == 4, "they are there when the command returns"
    assert json.loads(deskhand("tools", "list", "--json").stdout)["servers"][0]["state"] == "ready"
    assert "get_leads" in deskhand("tools", "list").stdout
    assert "Nordlicht" in deskhand("tools", "try", "crm", "get_leads", '{"limit": 1}').stdout
    wrong = deskhand("tools", "try", "crm", "get_leads", "no JSON")
    assert (wrong.returncode, wrong.stderr) == (1, "The arguments are no JSON.\n")
    assert deskhand("tools", "log", "crm").returncode == 0
    assert deskhand("tools", "remove", "crm", "--yes").stdout == "crm removed.\n"
    assert served.call("GET", "/tools", key).json()["tools"] == []
    assert served.call("POST", "/tools/get-leads", key, json={}).status_code == 404
