import errno
import io
import sys

import click
import pytest

from server.core.errors import DeskhandError
from server.sdk.cli import explain, read_secret, say_time
from tests.server.commandline.conftest import deskhand

__all__ = ["deskhand"]


def test_wrong_usage_is_2(deskhand) -> None:
    assert deskhand("clients", "create").returncode == 2
    assert deskhand("no-such-command").returncode == 2
    assert deskhand("activity", "--limit", "0").returncode == 2


def test_failure_exits_with_1_and_one_sentence_on_stderr(deskhand) -> None:
    failed = deskhand("clients", "show", "nobody")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.strip().count("\n") == 0
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--data-dir", "", "clients", "list"],
        ["clients", "list", "--data-dir", ""],
        ["backup", ""],
        ["import", ""],
        ["export", "-o", ""],
        ["extension", "--output", ""],
    ],
    ids=" ".join,
)
def test_empty_path_is_not_the_current_folder(deskhand, tmp_path, monkeypatch, arguments) -> None:
    monkeypatch.chdir(tmp_path)
    refused = deskhand(*arguments)
    assert (refused.returncode, "cannot be empty" in refused.stderr) == (2, True), refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_refusal_of_the_system_is_explained_in_a_sentence() -> None:
    full, missing = OSError(errno.ENOSPC, "No space left on device"), OSError(errno.ENOENT, "No such file", "here/x")
    assert explain(full) == "The output could not be read or written: No space left on device."
    assert explain(missing) == "here/x could not be read or written: No such file."
    assert explain(OSError(errno.ECONNREFUSED, "Refused")).startswith("Deskhand made a mistake")


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_number_is_finite(deskhand, number) -> None:
    for arguments in (["pause", number], ["queue", "set", "--pause", number]):
        assert deskhand(*arguments).returncode == 2


def test_invalid_time_stays_as_it_is() -> None:
    assert say_time("[1") == "[1"


def test_secret_of_a_file_is_read_although_there_is_a_terminal(monkeypatch) -> None:
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda _: "from the terminal")
    monkeypatch.setattr(sys, "stdin", io.StringIO("from the file\n"))
    assert read_secret("API key") == "from the file"
    with pytest.raises(DeskhandError, match=r"No API key was given\."):
        read_secret("API key")
