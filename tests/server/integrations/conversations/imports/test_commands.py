"""`deskhand import` without a server: the import runs in the command's own process."""

import json
from pathlib import Path
from typing import Any

import click.testing
import pytest

from server.commandline.client import connect
from server.integrations.conversations.imports.commands import describe_progress, import_command, imports
from server.integrations.conversations.imports.job import BRING_BACK, NO_MESSAGES
from tests.server.integrations.conversations.import_setup import CHATS, write

EMPTY = NO_MESSAGES.format(count=1)


@pytest.fixture
def run(tmp_path):
    def run(*arguments: str) -> click.testing.Result:
        return invoke(import_command, tmp_path, *arguments)

    return run


def invoke(command: click.Command, folder: Path, *arguments: str, **options: Any) -> click.testing.Result:
    return click.testing.CliRunner().invoke(command, [*arguments, "--data-dir", str(folder / "data")], obj=connect, **options)


def test_import_waits_and_reports(run, tmp_path):
    path = write(tmp_path, *CHATS, {"id": "folder"})
    looked = run(path, "--dry-run")
    assert "2 conversations, 0 attachments\n  2022: 2" in looked.output
    done = run(path)
    lines = ["Imported 2, updated 0, unchanged 0, skipped 1, failed 0.", EMPTY]
    assert (done.exit_code, done.output.splitlines()[-2:]) == (0, lines)
    again = run(path, "--json")
    report = {"imported": 0, "updated": 0, "unchanged": 2, "skipped": 1, "failed": [], "notes": [EMPTY]}
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
    assert describe_progress(progress | {"done": 1, "bytes_total": 0, "seconds_left": None}) == "1 conversation"


def test_deleted_conversations_come_back_with_an_option(run, tmp_path):
    path = write(tmp_path, *CHATS)
    assert run(path).exit_code == 0
    with connect(tmp_path / "data", service="conversations") as deskhand:
        deskhand.call("DELETE", "/api/chats/a")
    for options in (["--dry-run"], ["--dry-run", "--include-deleted"]):
        assert run(path, *options).output.splitlines()[-1] == "Deleted here, so imported only with --include-deleted: 1"
    lines = run(path).output.splitlines()
    assert lines[-2:] == [
        "Imported 0, updated 0, unchanged 1, skipped 1, failed 0.",
        f"Skipped, because you deleted them here: 1. To bring them back, {BRING_BACK}.",
    ]
    assert run(path, "--include-deleted").output.splitlines()[-1].startswith("Imported 1, updated 0, unchanged 1, skipped 0,")


def test_import_is_listed_and_undone(run, tmp_path):
    assert invoke(imports, tmp_path, "list").output == "Nothing has been imported yet.\n"
    assert run(write(tmp_path, *CHATS)).exit_code == 0
    (row,) = json.loads(invoke(imports, tmp_path, "list", "--json").output)
    assert (row["state"], row["report"]["imported"]) == ("done", 2)
    listed = invoke(imports, tmp_path, "list").output.splitlines()
    assert listed[0].split()[0] == str(row["id"])
    assert listed[0].endswith("done        conversations.json")
    assert listed[1].strip() == "Imported 2, updated 0, unchanged 0, skipped 0, failed 0."
    assert invoke(imports, tmp_path, "undo", str(row["id"]), input="n\n").exit_code == 1
    assert json.loads(invoke(imports, tmp_path, "list", "--json").output)[0]["state"] == "done"
    undone = invoke(imports, tmp_path, "undo", str(row["id"]), "--yes")
    assert undone.output == "Import of conversations.json undone.\n"
    again = invoke(imports, tmp_path, "undo", str(row["id"]), "--yes", "--json")
    assert "undone already" in str(again.exception)
    assert "no such import" in str(invoke(imports, tmp_path, "undo", "99", "--yes").exception)
