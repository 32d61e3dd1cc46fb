import pytest

from tests.server.integrations.tools.gateway import add_servers, describe_crm, find_server, serve_crm


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serve_crm(tmp_path_factory.mktemp("tools")) as served:
        yield served


def find_tool(served, name="get_leads", server="crm"):
    return next(tool for tool in find_server(served, server)["tools"] if tool["name"] == name)


def test_server_that_cannot_start_says_why_and_is_removed(served):
    added = add_servers(served, broken={"command": "deskhand-no-such-program"})
    view = next(view for view in added["tools"]["servers"] if view["id"] == "broken")
    assert "is not installed" in view["error"]
    assert served.person("DELETE", "/api/tools/broken").status_code == 200
    assert served.person("DELETE", "/api/tools/broken").status_code == 404
    assert served.person("GET", "/api/tools/broken/log").status_code == 404


def test_changed_command_starts_untrusted_and_the_same_one_stays_trusted(served):
    add_servers(served, other=describe_crm())
    served.person("PUT", "/api/tools/other/trust", json={"trusted": True})
    add_servers(served, other=describe_crm())
    assert find_tool(served, server="other")["trusted"]
    add_servers(served, other=describe_crm(cwd=str(served.data)))
    assert not find_server(served, "other")["trusted"]
    assert served.person("POST", "/api/tools/other/restart").status_code == 200
    assert served.person("POST", "/api/tools/other/confirm").status_code == 200
    served.person("DELETE", "/api/tools/other")
    assert add_servers(served, other=describe_crm())["added"] == ["other-2"], "clients may have permissions for the former"
    served.person("DELETE", "/api/tools/other-2")
