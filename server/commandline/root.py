"""The whole command: what `deskhand` means with and without a word after it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import click

from server import logs
from server.commandline.words import data_dir_option, example

DEMO_ELSEWHERE = "--demo starts the demo. What a command works on is the Deskhand that runs, or the folder after --data-dir."
SELFTEST = "Say whether everything that ships is there, and stop."


class Start(Protocol):
    """What happens without a word after the command."""

    def __call__(self, *, demo: bool, visitor: bool, data_dir: Path | None, hidden: bool) -> None: ...


class Words(click.Group):
    """The words, which bring the whole server with them: loaded when one is asked for, so that the icon is there at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        if not self.commands:
            for command in load_commands():
                self.add_command(command)


def load_commands() -> Iterator[click.Command]:
    """Every word there is, those of the integrations included."""
    from server.commandline.activity import activity
    from server.commandline.approvals import approvals
    from server.commandline.clients import clients
    from server.commandline.data import backup, restore
    from server.commandline.everyday import addresses, doctor, generate_schema, pause, quit_deskhand, resume
    from server.commandline.serve import serve
    from server.commandline.tunnel import tunnel
    from server.runtime import discover

    yield from (
        serve,
        tunnel,
        clients,
        approvals,
        addresses,
        activity,
        pause,
        resume,
        quit_deskhand,
        generate_schema,
        backup,
        restore,
        doctor,
    )
    for integration in discover():
        yield from integration.commands()


def build(start: Start) -> click.Group:
    """Make the command."""

    @click.group(cls=Words, invoke_without_command=True, epilog=example("deskhand --demo"))
    @click.option("--demo", is_flag=True, help="Play with made-up accounts; nothing outside this computer is reached.")
    @click.option("--visitor/--no-visitor", default=True, help="In demo mode: have a scripted ChatGPT call now and then.")
    @click.option("--hidden", is_flag=True, help="Start without showing a window.")
    @click.option("--selftest", is_flag=True, callback=test, is_eager=True, expose_value=False, help=SELFTEST)
    @click.option("--version", is_flag=True, callback=tell_version, is_eager=True, expose_value=False, help="Say which this is.")
    @data_dir_option
    @click.pass_context
    def deskhand(context: click.Context, data_dir: Path | None, *, demo: bool, visitor: bool, hidden: bool) -> None:
        """Let ChatGPT work on your own PC, on your terms. Without a command: start."""
        logs.configure()
        if context.invoked_subcommand and demo:
            raise click.UsageError(DEMO_ELSEWHERE)
        if context.invoked_subcommand is None:
            start(demo=demo, visitor=visitor, data_dir=data_dir, hidden=hidden)

    return deskhand


def test(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Say whether everything that ships is there."""
    if not wanted:
        return
    from server.runtime import discover
    from server.selftest import find_missing

    missing = find_missing()
    names = ", ".join(integration.name for integration in discover())
    click.echo("missing: " + ", ".join(missing) if missing else f"Everything is there: {names}.")
    context.exit(bool(missing))


def tell_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Say which version this is."""
    if wanted:
        from server.surface import read_version

        click.echo(f"Deskhand {read_version()}")
        context.exit()
