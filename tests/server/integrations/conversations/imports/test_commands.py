"""`deskhand import` without a server: the import runs in the command's own process."""

import json

import click.testing
import pytest

from server.commandline.client import connect
from server.integrations.conversations.imports.commands import describe_progress, import_command
from tests.server.integrations.conversations.import_setup import CHATS, write


@pytest.fixture
def run(tmp_path):
    def run(*arguments: str) -> click.testing.Result:
        return click.testing.CliRunner().invoke(import_command, [*arguments, "--data-dir", str(tmp_path / "data")], obj=connect)

    return run


def test_import_waits_and_reports(run, tmp_path):
    path = write(tmp_path, *CHATS, {"id": "folder"})
    looked = run(path, "--dry-run")
    assert "2 conversations, 0 attachments\n  2022: 2" in looked.output
    done = run(path)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "Imported 2, updated 0, unchanged 0, skipped 1, failed 0.")
    again = run(path, "--json")
    report = {"imported": 0, "updated": 0, "unchanged": 2, "skipped": 1, "failed": [], "notes": []}
    assert json.loads(again.output.splitlines()[-1]) == report


@pytest.mark.parametrize("option", ["--dry-run", "--json"])
def test_export_of_another_program_fails(run, tmp_path, option):
    refused = run(write(tmp_path, {"uuid": "u", "chat_messages": []}), option)
    assert refused.exit_code == 1
    assert "Claude" in str(refused.exception)
    assert run(str(tmp_path / "gone"), option).exit_code == 1


def test_progress_is_described():
    progress = {"done": 1_200, "bytes": 50, "bytes_total": 200, "seconds_left": 30}
    assert describe_progress(progress) == "1,200 conversations, 25 %, about 30 s left"
    assert describe_progress(progress | {"bytes_total": 0, "seconds_left": None}) == "1,200 conversations"
