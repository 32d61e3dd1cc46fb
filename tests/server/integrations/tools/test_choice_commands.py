from tests.server.commandline.conftest import deskhand
from tests.server.integrations.tools.gateway import add_servers, describe_crm, find_server, wait_until

__all__ = ["deskhand"]


def test_tools_are_chosen_and_servers_turned_on_and_off(serve, deskhand):
    served = serve()
    add_servers(served, crm=describe_crm())
    key = served.make_client("gpt")

    def list_names():
        return [tool["name"] for tool in served.call("GET", "/tools", key).json()["tools"]]

    chosen = deskhand("tools", "choose", "crm", "natural_query", "get_*")
    assert chosen.returncode == 0, chosen.stderr
    assert "search_entities                hidden" in chosen.stdout
    assert list_names() == ["natural_query", "get_leads", "get_contacts"]
    wrong = deskhand("tools", "choose", "crm", "get_leads", "nothing*")
    assert (wrong.returncode, wrong.stderr) == (1, "This server has no tool called nothing*.\n")
    assert deskhand("tools", "choose", "crm").returncode == 2
    assert deskhand("tools", "choose", "crm", "--all").returncode == 0
    assert len(list_names()) == 4
    assert deskhand("tools", "disable", "crm").stdout == "crm is off.\n"
    assert list_names() == []
    assert deskhand("tools", "enable", "crm").stdout == "crm is on.\n"
    wait_until(lambda: find_server(served)["state"] == "ready")
    assert deskhand("tools", "restart", "crm").stdout == "crm is starting.\n"
    assert deskhand("tools", "restart", "nothing").returncode == 1
