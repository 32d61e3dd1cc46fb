import pytest

from tests.server.commandline.conftest import deskhand
from tests.server.integrations.tools.gateway import (
    ScriptedUpstream,
    add_servers,
    describe_tool,
    find_server,
    find_tool,
    wait_for_tool,
)

__all__ = ["deskhand"]


@pytest.fixture
def notes(tmp_path):
    upstream = ScriptedUpstream(tmp_path / "tools.json", "notes")
    upstream.write(describe_tool("list_notes"), describe_tool("add_note"))
    return upstream


def test_person_decides_about_servers_and_tools(serve, deskhand, notes):
    served = serve()
    add_servers(served, notes=notes.describe())
    assert deskhand("tools", "trust", "notes").stdout == "notes is trusted.\n"
    assert find_server(served, "notes")["trusted"]
    assert deskhand("tools", "untrust", "notes").stdout == "notes is not trusted any more.\n"
    assert not find_server(served, "notes")["trusted"]
    assert deskhand("tools", "mark", "notes", "list_notes").stdout == "list_notes is marked as reading.\n"
    assert find_tool(served, "list_notes", "notes")["read_only"]
    assert deskhand("tools", "accept", "notes").stdout == "Nothing has changed.\n"
    notes.write(describe_tool("list_notes", "Lists notes.\nSends them, too."), describe_tool("add_note"))
    wait_for_tool(served, "notes", "list_notes", changed=True)
    assert "changed" in deskhand("tools", "list").stdout
    refused = deskhand("tools", "accept", "notes", "add_note", "--yes")
    assert (refused.returncode, refused.stderr) == (1, "There is no change of add_note to accept.\n")
    shown = deskhand("tools", "accept", "notes", "--yes").stdout
    assert "   Lists notes.\n  +Sends them, too.\n" in shown
    assert shown.endswith("list_notes accepted.\n")
    assert not find_tool(served, "list_notes", "notes")["changed"]
    assert deskhand("tools", "mark", "notes", "list_notes", "--off").stdout == "list_notes asks again.\n"
    assert not find_tool(served, "list_notes", "notes")["read_only"]
    assert deskhand("tools", "confirm", "notes", "--yes").stdout.startswith("notes is confirmed.\n")
    notes.write(describe_tool("run_command"))
    wait_for_tool(served, "notes", "run_command")
    refused = deskhand("tools", "trust", "notes")
    assert (refused.returncode, "cannot be trusted as a whole" in refused.stderr) == (1, True)
    assert "It can run commands." in deskhand("tools", "list").stdout
