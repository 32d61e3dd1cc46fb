import pytest

COMMANDS = [
    "serve",
    "clients create",
    "clients list",
    "clients show",
    "clients revoke",
    "addresses",
    "activity",
    "pause",
    "resume",
    "generate-schema",
    "backup",
    "restore",
    "doctor",
    "gmail sign-in",
    "gmail status",
    "gmail sign-out",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_a_data_dir(deskhand, command: str) -> None:
    told = deskhand(*command.split(), "--help")
    assert told.returncode == 0, told.stderr
    assert f"deskhand {command}" in told.stdout.partition("Example:")[2]
    assert "--data-dir" in told.stdout


def test_the_selftest_names_the_integrations(deskhand) -> None:
    told = deskhand("--selftest")
    assert told.returncode == 0, told.stdout
    assert "apps" in told.stdout
    assert "gmail" in told.stdout


def test_the_version_is_told(deskhand) -> None:
    assert deskhand("--version").stdout.startswith("Deskhand ")
