"""The whole command: what `deskhand` means with and without a word after it."""

from pathlib import Path
from typing import Protocol

import click

from server import logs
from server.commandline.clients import clients
from server.commandline.data import backup, restore
from server.commandline.everyday import activity, addresses, doctor, generate_schema, pause, resume
from server.commandline.serve import serve
from server.commandline.tunnel import tunnel
from server.commandline.words import data_dir_option, example
from server.demo.visitor import Pace
from server.program import Options
from server.runtime import discover
from server.selftest import find_missing
from server.surface import read_version


class Start(Protocol):
    """What happens without a word after the command."""

    def __call__(self, options: Options, *, hidden: bool) -> None: ...


def build(start: Start) -> click.Group:
    """Make the command."""

    @click.group(invoke_without_command=True, epilog=example("deskhand --demo"))
    @click.option("--demo", is_flag=True, help="Play with made-up accounts; nothing outside this computer is reached.")
    @click.option("--visitor/--no-visitor", default=True, help="In demo mode: have a scripted ChatGPT call now and then.")
    @click.option("--hidden", is_flag=True, help="Start without showing a window.")
    @click.option("--selftest", is_flag=True, help="Say whether everything that ships is there, and stop.")
    @click.version_option(read_version(), message="Deskhand %(version)s")
    @data_dir_option
    @click.pass_context
    def deskhand(
        context: click.Context, data_dir: Path | None, *, demo: bool, visitor: bool, hidden: bool, selftest: bool
    ) -> None:
        """Let ChatGPT work on your own PC, on your terms. Without a command: start."""
        logs.configure()
        if selftest:
            missing = find_missing()
            names = ", ".join(integration.name for integration in discover())
            click.echo("missing: " + ", ".join(missing) if missing else f"Everything is there: {names}.")
            context.exit(bool(missing))
        if context.invoked_subcommand is None:
            start(Options(demo=demo, visitor=Pace() if visitor else None, data_dir=data_dir), hidden=hidden)

    for command in (serve, tunnel, clients, addresses, activity, pause, resume, generate_schema, backup, restore, doctor):
        deskhand.add_command(command)
    for integration in discover():
        for command in integration.commands():
            deskhand.add_command(command)
    return deskhand
