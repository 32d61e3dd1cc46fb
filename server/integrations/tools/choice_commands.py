"""`deskhand tools choose | restart | enable | disable`: which tools are offered, and whether a server runs."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from server.core.errors import NotFound
from server.core.text import shorten
from server.integrations.tools.describe import choose_servers, describe_servers
from server.integrations.tools.local_api import address, change_server, find_server
from server.sdk.cli import connect, data_dir_option, example, say


def register(group: click.Group) -> None:
    """Add these commands to the group `tools`."""
    for command in (choose_command, restart_command, enable_command, disable_command):
        group.add_command(command)


@click.command("choose", epilog=example("deskhand tools choose crm get_leads 'list_*'"))
@click.argument("server")
@click.argument("names", nargs=-1, metavar="[TOOL]...")
@click.option("--all", "every", is_flag=True, help="All tools, also those that come later.")
@data_dir_option
def choose_command(server: str, names: tuple[str, ...], data_dir: Path | None, *, every: bool) -> None:
    """Offer only these tools of the MCP server SERVER to clients. * stands for any characters."""
    if every == bool(names):
        raise click.UsageError("Give tools, or --all.")
    with connect(data_dir, running_only=True) as deskhand:
        known = find_server(deskhand, server)["tools"]
        chosen = None if every else list(dict.fromkeys(name for pattern in names for name in find_tools(known, pattern)))
        view = deskhand.call("PUT", address(server, "/offered"), {"tools": chosen})
    for line in describe_servers(choose_servers(view, [server])):
        say(line)


def find_tools(tools: list[dict[str, Any]], pattern: str) -> Iterator[str]:
    """Find the tools that a pattern names. Raises NotFound if there is none."""
    matching = [tool["name"] for tool in tools if fnmatchcase(tool["name"], pattern) or fnmatchcase(tool["public_name"], pattern)]
    if not matching:
        raise NotFound(f"This server has no tool called {shorten(pattern)}.")
    yield from matching


@click.command("restart", epilog=example("deskhand tools restart crm"))
@click.argument("server")
@data_dir_option
def restart_command(server: str, data_dir: Path | None) -> None:
    """Start the MCP server SERVER again."""
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("POST", address(server, "/restart"))
    say(f"{server} is starting.")


@click.command("enable", epilog=example("deskhand tools enable crm"))
@click.argument("server")
@data_dir_option
def enable_command(server: str, data_dir: Path | None) -> None:
    """Turn the MCP server SERVER on."""
    change_server(data_dir, server, "/enabled", enabled=True)
    say(f"{server} is on.")


@click.command("disable", epilog=example("deskhand tools disable crm"))
@click.argument("server")
@data_dir_option
def disable_command(server: str, data_dir: Path | None) -> None:
    """Turn the MCP server SERVER off. It does not run, and its tools are not offered."""
    change_server(data_dir, server, "/enabled", enabled=False)
    say(f"{server} is off.")
