from tests.server.commandline.conftest import deskhand
from tests.server.integrations.tools.gateway import describe_crm, find_server, wait_until, write_config

__all__ = ["deskhand"]


def test_file_is_watched_and_its_changes_are_confirmed(serve, deskhand, tmp_path):
    served = serve()
    path = tmp_path / "mcp.json"
    path.write_text(write_config(crm=describe_crm()))
    assert deskhand("tools", "watch").stdout == "No configuration file is watched.\n"
    assert deskhand("tools", "watch", str(path)).stdout == f"Watching {path}\n"
    assert find_server(served)["state"] == "ready"
    path.write_text(write_config(crm=describe_crm(cwd=str(tmp_path))))
    wait_until(lambda: not find_server(served)["confirmed"])
    assert "crm (folder) waits: " in deskhand("tools", "watch").stdout
    refused = deskhand("tools", "confirm", "crm")
    assert refused.returncode == 1
    assert f"Folder: {tmp_path}" in refused.stderr
    assert deskhand("tools", "confirm", "crm", "--yes").stdout == "crm is confirmed.\n"
    assert find_server(served)["confirmed"]
    assert deskhand("tools", "confirm", "nothing", "--yes").returncode == 1
    assert deskhand("tools", "watch", str(path), "--off").returncode == 1
    assert deskhand("tools", "watch", "--off").stdout == "No configuration file is watched.\n"
    assert find_server(served)["confirmed"], "its servers stay"
