"""The option --env-file."""

import os

import click
import pytest
from click.testing import CliRunner

from server.commandline.env_file import env_file_option

FILE = """\ufeff# of ChatBETO
DESKHAND_TEST_A=1
export DESKHAND_TEST_B="two words"
DESKHAND_TEST_C=$HOME
DESKHAND_TEST_PORT=81
EMPTY
"""


@click.command()
@click.option("--port", envvar="DESKHAND_TEST_PORT")
@env_file_option
def command(port):
    click.echo(port)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("A", "B", "C", "PORT"):
        monkeypatch.setenv(f"DESKHAND_TEST_{name}", "")
        monkeypatch.delenv(f"DESKHAND_TEST_{name}")


def test_variables_of_the_file_count_unless_the_environment_has_them(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(FILE, encoding="utf-8")
    monkeypatch.setenv("DESKHAND_TEST_A", "own")
    result = CliRunner().invoke(command, ["--env-file", str(tmp_path / ".env")])
    assert result.stdout == "81\n"  # options that read the environment come afterwards
    assert [os.environ[f"DESKHAND_TEST_{name}"] for name in "ABC"] == ["own", "two words", "$HOME"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"DESKHAND_TEST_A=x\x00y\n", None])
def test_file_that_cannot_be_read_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / ".env").write_bytes(content)
    result = CliRunner().invoke(command, ["--env-file", str(tmp_path / ".env")])
    assert (result.exit_code, "Usage:" in result.stderr) == (2, True)
