"""The whole command: what `deskhand` means with and without a word after it."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Protocol

import click

from server.sdk.cli import LocalApi, data_dir_option, example, say

DEMO_ELSEWHERE = "--demo starts the demo. What a command works on is the Deskhand that runs, or the folder after --data-dir."
SELFTEST = "Check the installation and exit."


WORDS = {  # the module and the name of each
    "serve": "serve:serve",
    "tunnel": "tunnel:tunnel",
    "clients": "clients:clients",
    "approvals": "approvals:approvals",
    "addresses": "control:addresses",
    "activity": "activity:activity",
    "pause": "control:pause",
    "resume": "control:resume",
    "quit": "control:quit_deskhand",
    "generate-schema": "control:generate_schema",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "differences": "backup:differences",
    "doctor": "control:doctor",
    "webhooks": "webhooks:webhooks",
}


class Start(Protocol):
    """Callback that starts the program, for `deskhand` without a command."""

    def __call__(self, *, demo: bool, visitor: bool, data_dir: Path | None, hidden: bool) -> None: ...


class Words(click.Group):
    """The words. Each is loaded when it is asked for: the icon is there at once, and a short question has a quick answer."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load_integrations()
        return sorted({*WORDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in WORDS:
            module, name = WORDS[cmd_name].split(":")
            command: click.Command = getattr(import_module(f"{__package__}.{module}"), name)
            return command
        self._load_integrations()
        return super().get_command(ctx, cmd_name)

    def _load_integrations(self) -> None:
        from server.integrations import discover

        if not self.commands:
            for integration in discover():
                try:
                    self._add_all(integration.commands())
                except Exception as error:  # noqa: BLE001, whatever is wrong with one must not reach the other commands
                    say(f"Commands of {integration.title} are missing ({type(error).__name__}: {error}).", err=True)

    def _add_all(self, commands: Iterable[click.Command]) -> None:
        """Add the commands of an integration. Raises ValueError for a name that is taken."""
        for command in commands:
            if command.name in {*WORDS, *self.commands}:
                raise ValueError(f"there is another {command.name}")
            self.add_command(command)


def build(start: Start) -> click.Group:
    """Make the command."""

    @click.group(cls=Words, invoke_without_command=True, epilog=example("deskhand --demo"))
    @click.option("--demo", is_flag=True, help="Use sample accounts; nothing leaves this computer.")
    @click.option("--visitor/--no-visitor", default=True, help="In demo mode: simulate ChatGPT.")
    @click.option("--hidden", is_flag=True, help="Start without showing a window.")
    @click.option("--selftest", is_flag=True, callback=test, is_eager=True, expose_value=False, help=SELFTEST)
    @click.option("--version", is_flag=True, callback=tell_version, is_eager=True, expose_value=False, help="Show the version.")
    @data_dir_option
    @click.pass_context
    def deskhand(context: click.Context, data_dir: Path | None, *, demo: bool, visitor: bool, hidden: bool) -> None:
        """Let ChatGPT use your computer, with your approval. Without a command: start."""
        from server.lifecycle.logging import configure

        configure()
        context.obj = connect
        if context.invoked_subcommand and demo:
            raise click.UsageError(DEMO_ELSEWHERE)
        if context.invoked_subcommand is None:
            start(demo=demo, visitor=visitor, data_dir=data_dir, hidden=hidden)

    return deskhand


def connect(data_dir: Path | None, *, running_only: bool = False, service: str = "") -> AbstractContextManager[LocalApi]:
    """Connect an integration's command to the local API."""
    from server.commandline import client

    return client.connect(data_dir, running_only=running_only, service=service)


def test(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Say whether everything that ships is there."""
    if not wanted:
        return
    from server.integrations import discover
    from server.lifecycle.self_test import find_missing

    missing = find_missing()
    names = ", ".join(integration.name for integration in discover())
    click.echo("missing: " + ", ".join(missing) if missing else f"Everything is there: {names}.")
    context.exit(bool(missing))


def tell_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Say which version this is."""
    if wanted:
        from server.core.version import read_version

        click.echo(f"Deskhand {read_version()}")
        context.exit()
