from tests.server.commandline.conftest import deskhand
from tests.server.integrations.tools.gateway import describe_crm, find_server, wait_until, write_config

__all__ = ["deskhand"]


def test_file_is_watched_and_its_changes_are_confirmed(serve, deskhand, tmp_path):
    served = serve()
    path = tmp_path / "mcp.json"
    path.write_text(write_config(crm=describe_crm()))
    assert deskhand("tools", "watch").stdout == "No configuration file is watched.\n"
    watched = deskhand("tools", "watch", str(path)).stdout
    assert watched.startswith(f"Watching {path}\ncrm (")
    assert "get_leads" in watched
    assert find_server(served)["state"] == "ready"
    path.write_text(write_config(crm=describe_crm(cwd=str(tmp_path))))
    wait_until(lambda: not find_server(served)["confirmed"])
    assert "crm (folder) waits: " in deskhand("tools", "watch").stdout
    refused = deskhand("tools", "confirm", "crm")
    assert refused.returncode == 1
    assert f"Folder: {tmp_path}" in refused.stderr
    assert "until you confirm it" in deskhand("tools", "try", "crm", "get_leads").stderr
    confirmed = deskhand("tools", "confirm", "crm", "--yes")
    assert confirmed.stdout.startswith("crm is confirmed.\ncrm (")
    assert "get_leads" in confirmed.stdout, "its tools are there when the command returns"
    assert find_server(served)["confirmed"]
    assert deskhand("tools", "confirm", "nothing", "--yes").returncode == 1
    assert deskhand("tools", "watch", str(path), "--off").returncode == 1
    assert deskhand("tools", "watch", "--off").stdout == "No configuration file is watched.\n"
    assert find_server(served)["confirmed"], "its servers stay"


def test_variable_of_a_watched_file_has_the_value_that_was_given(serve, deskhand, tmp_path):
    served = serve()
    path = tmp_path / "mcp.json"
    path.write_text(write_config(crm=describe_crm(args=[*describe_crm()["args"], "${NOT_SET_HERE}"])))
    assert "needs the variable NOT_SET_HERE" in deskhand("tools", "watch", str(path)).stdout
    watched = deskhand("tools", "watch", str(path), "--input", "NOT_SET_HERE=x", "--input", "other=y")
    assert watched.stderr == "No server needs the input other.\n"
    assert find_server(served)["state"] == "ready"
