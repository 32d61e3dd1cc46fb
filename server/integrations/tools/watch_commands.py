"""`deskhand tools watch` and `confirm`: a configuration file that is followed, and the word that its changes need."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from server.core.command import format_command
from server.core.errors import InvalidInput, NotFound
from server.sdk.cli import confirm, connect, data_dir_option, example, json_option, say, show, yes_option


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


@click.command("watch", epilog=example("deskhand tools watch ~/.cursor/mcp.json"))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--off", is_flag=True, help="Stop watching; the servers stay.")
@click.option("--input", "inputs", multiple=True, metavar="ID=VALUE", help="The value of an input that the file asks for.")
@json_option
@data_dir_option
def watch_command(file: Path | None, inputs: tuple[str, ...], data_dir: Path | None, *, off: bool, as_json: bool) -> None:
    """Add the MCP servers in FILE and follow its changes. A command or address that changes later waits for `tools confirm`."""
    if off and file:
        raise InvalidInput("Give a file, or --off.")
    with connect(data_dir, running_only=True) as deskhand:
        if file or off:
            order = {"path": str(file.expanduser().absolute()) if file else "", "inputs": read_pairs(inputs)}
            view = deskhand.call("PUT", "/api/tools/watched", order)
        else:
            view = deskhand.call("GET", "/api/tools")
    show(view, describe_watched, as_json=as_json)


def read_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in pairs)


@click.command("confirm", epilog=example("deskhand tools confirm crm"))
@click.argument("server")
@yes_option
@data_dir_option
def confirm_command(server: str, data_dir: Path | None, *, yes: bool) -> None:
    """Let the MCP server SERVER run as it is now configured, untrusted."""
    with connect(data_dir, running_only=True) as deskhand:
        known = next((view for view in deskhand.call("GET", "/api/tools")["servers"] if view["id"] == server), None)
        if known is None:
            raise NotFound("There is no such MCP server.")
        names = ", ".join((*known["environment"], *known["headers"])) or "none"
        confirm(f"It runs or reaches: {known['target']}\nFolder: {known['folder'] or 'none'}\nSecret values: {names}", yes=yes)
        deskhand.call("POST", f"/api/tools/{quote(server, safe='')}/confirm?revision={known['revision']}")
    say(f"{server} is confirmed.")
