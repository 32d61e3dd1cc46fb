"""`deskhand tools caller-tokens`: callers who bring a token of their own."""

from pathlib import Path

import click

from server.integrations.tools.local_api import address
from server.sdk.cli import confirm, connect, data_dir_option, example, say, yes_option

OPEN = (
    "Anyone who reaches this address can then call the allowed tools of {} with any token, without a key of Deskhand's. "
    "Only the server checks the token: turn this on only if it does so for every tool."
)


@click.command("caller-tokens", epilog=example("deskhand tools caller-tokens ambivo on"))
@click.argument("server")
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--variable", default="", metavar="NAME", help="The variable in which the server expects the token.")
@yes_option
@data_dir_option
def caller_tokens_command(server: str, state: str, variable: str, data_dir: Path | None, *, yes: bool) -> None:
    """Let callers use SERVER with a token of their own. They send it as bearer, and need no key."""
    enabled = state == "on"
    with connect(data_dir, running_only=True) as deskhand:
        if enabled:
            confirm(OPEN.format(server), yes=yes)
        deskhand.call("PUT", address(server, "/caller-tokens"), {"enabled": enabled, "variable": variable})
    if enabled:
        say(f"Callers can use {server} with their own token. Allow tools to its client under Access: nobody is asked about them.")
    else:
        say(f"Callers need a key of Deskhand's for {server} again.")
