"""`deskhand tools trust | untrust | mark | accept`: what the person decides about servers and tools."""

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from server.core.errors import NotFound
from server.core.text import shorten
from server.integrations.tools.local_api import address, change_server, find_server
from server.sdk.cli import confirm, connect, data_dir_option, example, say, yes_option


def register(group: click.Group) -> None:
    """Add these commands to the group `tools`."""
    for command in (trust_command, untrust_command, mark_command, accept_command):
        group.add_command(command)


@click.command("trust", epilog=example("deskhand tools trust crm"))
@click.argument("server")
@data_dir_option
def trust_command(server: str, data_dir: Path | None) -> None:
    """Trust the MCP server SERVER. Its tools, as they are now, do not ask any more."""
    change_server(data_dir, server, "/trust", trusted=True)
    say(f"{server} is trusted.")


@click.command("untrust", epilog=example("deskhand tools untrust crm"))
@click.argument("server")
@data_dir_option
def untrust_command(server: str, data_dir: Path | None) -> None:
    """Stop trusting the MCP server SERVER. Its tools ask again."""
    change_server(data_dir, server, "/trust", trusted=False)
    say(f"{server} is not trusted any more.")


@click.command("mark", epilog=example("deskhand tools mark crm get_leads"))
@click.argument("server")
@click.argument("tool")
@click.option("--off", is_flag=True, help="Remove the mark: the tool asks again.")
@data_dir_option
def mark_command(server: str, tool: str, data_dir: Path | None, *, off: bool) -> None:
    """Mark TOOL of SERVER as one that only reads. As it is now, it does not ask any more."""
    change_server(data_dir, server, "/read-only", tool=tool, read_only=not off)
    say(f"{tool} asks again." if off else f"{tool} is marked as reading.")


@click.command("accept", epilog=example("deskhand tools accept crm get_leads"))
@click.argument("server")
@click.argument("names", nargs=-1, metavar="[TOOL]...")
@yes_option
@data_dir_option
def accept_command(server: str, names: tuple[str, ...], data_dir: Path | None, *, yes: bool) -> None:
    """Show how tools of SERVER have changed, and accept that. Without TOOL: all of them."""
    with connect(data_dir, running_only=True) as deskhand:
        view = find_server(deskhand, server)
        tools = [tool for tool in view["tools"] if tool["changed"]]
        instructions = None if names else view["new_instructions"]
        if missing := sorted(set(names) - {tool["name"] for tool in tools}):
            raise NotFound(f"There is no change of {', '.join(map(shorten, missing))} to accept.")
        tools = [tool for tool in tools if not names or tool["name"] in names]
        if not tools and instructions is None:
            say("Nothing has changed.")
            return
        for line in [line for tool in tools for line in describe_change(tool)]:
            say(line)
        if instructions is not None:
            say("instructions:")
            for line in compare(view["instructions"], instructions):
                say(line)
        confirm("What you permitted for these tools holds again.", yes=yes)
        revisions = {tool["name"]: tool["revision"] for tool in tools}
        order = {"tools": list(revisions), "revisions": revisions, "instructions": instructions}
        deskhand.call("PUT", address(server, "/accept"), order)
    say(f"{', '.join([*revisions, *(['instructions'] if instructions is not None else [])])} accepted.")


def describe_change(tool: dict[str, Any]) -> Iterator[str]:
    """Describe how a tool has changed, line by line."""
    yield f"{tool['name']}:"
    if tool["before"] is None:
        yield f"  + {tool['description']}"
    for name, before in (tool["before"] or {}).items():
        if changes := list(compare(before, tool[name])):
            yield f"  {name}"
            yield from changes


def compare(before: Any, after: Any) -> Iterator[str]:
    lines = list(difflib.unified_diff(to_lines(before), to_lines(after), n=1, lineterm=""))
    return (f"  {line}" for line in lines[2:] if not line.startswith("@@"))


def to_lines(value: Any) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return text.splitlines()
