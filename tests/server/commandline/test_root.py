from collections.abc import Iterator

import click

from server.commandline.root import build

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
