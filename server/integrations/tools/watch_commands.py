"""`deskhand tools watch` and `confirm`: a configuration file that is followed, and the word that its changes need."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from server.core.command import format_command
from server.core.errors import InvalidInput
from server.integrations.tools.describe import choose_servers, describe_servers, read_pairs, warn_of_unused
from server.integrations.tools.local_api import address, find_server
from server.sdk.cli import PathType, confirm, connect, data_dir_option, example, json_option, say, show, yes_option


def describe_watched(view: dict[str, Any]) -> Iterator[str]:
    """Describe the watched file, and what waits."""
    watched = view["watched"]
    if not watched:
        yield "No configuration file is watched."
        return
    yield f"Watching {watched['path']}"
    yield from [watched["error"]] if watched["error"] else []
    yield from watched["notes"]
    for waiting in watched["waiting"]:
        changes = ", ".join(waiting["changes"]) or "changed"
        yield f"{waiting['server']} ({changes}) waits: {format_command('tools confirm')} {waiting['server']}"
    if watched["servers"]:
        yield from describe_servers(choose_servers(view, watched["servers"]))


@click.command("watch", epilog=example("deskhand tools watch ~/.cursor/mcp.json"))
@click.argument("file", required=False, type=PathType())
@click.option("--off", is_flag=True, help="Stop watching; the servers stay.")
@click.option(
    "--input", "inputs", multiple=True, metavar="ID=VALUE", help="The value of an input or a variable that the file needs."
)
@json_option
@data_dir_option
def watch_command(file: Path | None, inputs: tuple[str, ...], data_dir: Path | None, *, off: bool, as_json: bool) -> None:
    """Add the MCP servers in FILE and follow its changes. A command or address that changes later waits for `tools confirm`."""
    if off and file:
        raise InvalidInput("Give a file, or --off.")
    with connect(data_dir, running_only=True) as deskhand:
        if file or off:
            values = read_pairs(inputs)
            view = deskhand.call(
                "PUT", "/api/tools/watched", {"path": str(file.expanduser().absolute()) if file else "", "inputs": values}
            )
            warn_of_unused(values, view["servers"])
        else:
            view = deskhand.call("GET", "/api/tools")
    show(view, describe_watched, as_json=as_json)


@click.command("confirm", epilog=example("deskhand tools confirm crm"))
@click.argument("server")
@yes_option
@data_dir_option
def confirm_command(server: str, data_dir: Path | None, *, yes: bool) -> None:
    """Let SERVER run as it is now configured. It is untrusted then."""
    with connect(data_dir, running_only=True) as deskhand:
        known = find_server(deskhand, server)
        names = ", ".join((*known["environment"], *known["headers"])) or "none"
        for line in (f"It runs or reaches: {known['target']}", f"Folder: {known['folder'] or 'none'}", f"Secret values: {names}"):
            say(line, err=True)
        confirm("It starts, and each of its tools asks.", yes=yes)
        view = deskhand.call("POST", address(server, f"/confirm?revision={known['revision']}"))
    say(f"{server} is confirmed.")
    for line in describe_servers(choose_servers(view, [server])):
        say(line)
