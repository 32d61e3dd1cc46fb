import json
import os

import pytest

from server.core.errors import InvalidInput, TooLarge
from server.integrations.tools.watched_file import read_contents, read_file, read_signature

CRM = {"command": "crm"}


def write(path, **servers):
    path.write_text(json.dumps({"mcpServers": servers}))
    return path


def test_contents_name_also_the_servers_that_cannot_be_used(tmp_path):
    contents = read_contents(write(tmp_path / "mcp.json", CRM=CRM, broken={"command": 7}), {})
    assert [config.id for config in contents.imported.upstreams] == ["crm"]
    assert contents.ids == ("crm", "broken")
    assert "broken" in contents.imported.notes[0]


def test_file_without_servers_is_read_and_one_that_is_broken_is_not(tmp_path):
    assert read_contents(write(tmp_path / "mcp.json"), {}).ids == ()
    for text in ("", "{", "[]", '{"mcpServers": 7}', "{}"):
        (tmp_path / "mcp.json").write_text(text)
        with pytest.raises(InvalidInput):
            read_contents(tmp_path / "mcp.json", {})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="There are no named pipes here.")
def test_pipe_and_folder_and_missing_file_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "", "missing"):
        with pytest.raises(InvalidInput):
            read_file(tmp_path / name)


def test_large_file_is_refused(tmp_path):
    (tmp_path / "mcp.json").write_bytes(b" " * 1_048_577)
    with pytest.raises((InvalidInput, TooLarge)):
        read_file(tmp_path / "mcp.json")


def test_signature_changes_with_the_file(tmp_path):
    path = tmp_path / "mcp.json"
    assert read_signature(path) is None
    first = read_signature(write(path))
    assert read_signature(write(path, crm=CRM)) != first
