import json
import zipfile
from collections.abc import Callable

import pytest
from click import Command
from click.testing import CliRunner, Result

from server.commandline.client import connect
from server.integrations.conversations.export.commands import FORMATS, count, export
from server.integrations.conversations.export.models import ExportFormat
from server.integrations.conversations.imports.commands import import_command

CHAT = {
    "id": "c1",
    "title": "Zebras",
    "create_time": 1_795_348_800.0,
    "update_time": 1_795_348_800.0,
    "current_node": "a",
    "mapping": {
        "a": {
            "id": "a",
            "parent": None,
            "children": [],
            "message": {
                "id": "a",
                "author": {"role": "user"},
                "create_time": 1_795_348_800.0,
                "content": {"content_type": "text", "parts": ["Stripes?"]},
            },
        }
    },
}


@pytest.fixture
def run(serve) -> Callable[..., Result]:
    """Run a command against a server."""
    data = serve().data

    def run(command: Command, *arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, "--data-dir", str(data)], obj=connect)

    return run


def test_imported_history_is_exported_and_refusals_are_sentences(run, tmp_path):
    source, target = tmp_path / "conversations.json", tmp_path / "out.zip"
    source.write_text(json.dumps([CHAT]))
    nothing = run(export, "-o", str(target))
    assert (nothing.exit_code, "nothing to export" in str(nothing.exception)) == (1, True)
    assert run(import_command, str(source)).exit_code == 0
    made = run(export, "stripes", "--format", "original", "-o", str(target), "--json")
    assert json.loads(made.stdout) == {"path": str(target), "chats": 1, "files": 0, "missing": 0}
    with zipfile.ZipFile(target) as packed:
        assert json.loads(packed.read("conversations.json")) == [CHAT]
    taken = run(export, "--id", "c1", "-o", str(target))
    assert (taken.exit_code, "is there already" in str(taken.exception)) == (1, True)
    again = run(export, "--id", "c1", "-o", str(target), "--overwrite")
    assert (again.exit_code, again.stdout) == (0, f"Exported 1 conversation and 0 files to {target}.\n")


def test_every_form_can_be_chosen():
    assert [*ExportFormat] == [*FORMATS]


def test_numbers_are_counted_in_words():
    assert (count(1, "file"), count(0, "file"), count(1_200, "file")) == ("1 file", "0 files", "1,200 files")
