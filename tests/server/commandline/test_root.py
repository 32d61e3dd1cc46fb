from collections.abc import Iterator

import click
import pytest

from server.commandline.root import build
from tests.server.sdk.examples import example

__all__ = ["example"]

SOME = {"serve", "clients create", "approvals approve", "omi status", "gmail sign-in", "tunnel on", "quit", "doctor"}


def walk(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its words."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from walk(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def test_every_command_has_help_with_an_example_and_a_data_dir() -> None:
    commands = dict(walk(build(lambda **_: None)))
    assert commands.keys() >= SOME
    for words, command in commands.items():
        output = command.get_help(click.Context(command, info_name=words))
        assert f"deskhand {words}" in output.partition("Example:")[2], words
        assert "--data-dir" in output, words


def test_data_dir_is_accepted_before_the_command(deskhand, tmp_path) -> None:
    there, elsewhere = (str(tmp_path / name) for name in ("there", "elsewhere"))
    assert deskhand("--data-dir", there, "clients", "create", "bot").returncode == 0
    assert "bot" in deskhand("clients", "list", "--data-dir", there).stdout
    assert "bot" in deskhand("--data-dir", there, "clients", "list").stdout
    assert "bot" not in deskhand("--data-dir", there, "clients", "list", "--data-dir", elsewhere).stdout


def test_help_is_printed(deskhand) -> None:
    output = deskhand("clients", "create", "--help")
    assert (output.returncode, "deskhand clients create my-gpt --preset ask" in output.stdout) == (0, True)


def test_selftest_names_the_integrations(deskhand) -> None:
    output = deskhand("--selftest")
    assert output.returncode == 0, output.stdout
    assert "apps" in output.stdout
    assert "gmail" in output.stdout


def test_version_is_printed(deskhand_process) -> None:
    assert deskhand_process("--version").stdout.startswith("Deskhand ")


COMMANDS = """

def commands():
    import click
    {line}


integration = replace(integration, commands=commands)
"""


def add_commands(folder, line: str) -> None:
    """Give the example integration a function that makes its commands."""
    descriptor = folder / "integrations" / "example" / "__init__.py"
    text = descriptor.read_text("utf-8").replace("\nfrom server", "\nfrom dataclasses import replace\n\nfrom server", 1)
    descriptor.write_text(text + COMMANDS.format(line=line), "utf-8")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import no_such_library", "No module named 'no_such_library'"),
        ("return [click.Command('quit')]", "there is another quit"),
        ("return [click.Command('search')]", "there is another search"),
    ],
)
def test_integration_without_usable_commands_leaves_those_of_the_others(example, deskhand, tmp_path, line, reason) -> None:
    add_commands(tmp_path, line)
    listed = deskhand("--help")
    assert (listed.returncode, listed.stderr.count(reason)) == (0, 1), listed.stderr
    assert "gmail" in listed.stdout
    status = deskhand("omi", "status")
    assert "Deskhand is not running." in status.stderr
    assert "Commands of Example are missing" in status.stderr
