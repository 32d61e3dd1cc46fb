"""Descriptions of servers for a terminal, and the values that are given there."""

from collections.abc import Iterable, Iterator
from typing import Any

from server.core.command import format_command
from server.core.text import shorten
from server.sdk.cli import say

LONGEST_TARGET = 300  # characters


def describe_servers(view: dict[str, Any]) -> Iterator[str]:
    """Describe the servers, each with its tools."""
    if not view["servers"]:
        yield f"No MCP servers. Add some: {format_command('tools add FILE')}"
    for server in view["servers"]:
        yield describe_server(server)
        if server["missing"]:
            options = " ".join(f"--input {name.removeprefix('input:')}=VALUE" for name in server["missing"])
            yield f"  Or add it again with {options}"
        yield from (f"  {text}" for text in (*server["warnings"], *server["notes"]))
        for tool in server["tools"]:
            yield describe_tool(tool)
    for name, others in view["renamed"].items():
        yield f"{name} is {' or '.join(others)} here, as several tools have that name."


def describe_tool(tool: dict[str, Any]) -> str:
    marks = {
        "hidden": not tool["public_name"],
        "changed": tool["changed"],
        "reads": tool["read_only"],
        "trusted": tool["trusted"],
    }
    mark = next((name for name, applies in marks.items() if applies), "asks")
    return f"  {tool['public_name'] or tool['name']:<30} {mark:<8} {tool['description'].partition(chr(10))[0][:80]}"


def describe_server(server: dict[str, Any]) -> str:
    """Describe a server in one line: its id, its title if that is another, what it runs, and its state."""
    title = f"{server['title']}, " if server["title"] != server["id"] else ""
    target = server["target"]
    shown = target if len(target) <= LONGEST_TARGET else f"{target[:LONGEST_TARGET]}…"
    if not server["enabled"]:
        state = "off"
    elif server["confirmed"]:
        state = server["state"] + (f": {server['error']}" if server["error"] else "")
    else:
        state = f"not confirmed. Let it run: {format_command('tools confirm')} {server['id']}"
    return f"{server['id']} ({title}{shown}): {state}"


def choose_servers(view: dict[str, Any], server_ids: Iterable[str]) -> dict[str, Any]:
    """Choose some servers of a view, with those names that concern them."""
    servers = [server for server in view["servers"] if server["id"] in set(server_ids)]
    names = {tool["public_name"] for server in servers for tool in server["tools"]}
    renamed = {name: others for name, others in view["renamed"].items() if names & set(others)}
    return {"servers": servers, "renamed": renamed}


def read_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Read values that are given as ID=VALUE."""
    return dict(pair.partition("=")[::2] for pair in pairs)


def warn_of_unused(values: Iterable[str], servers: Iterable[dict[str, Any]]) -> None:
    """Print a warning for each value that no server needs."""
    known = {name.removeprefix("input:") for server in servers for name in server["variables"]}
    for name in sorted(set(values) - known):
        say(f"No server needs the input {shorten(name)}.", err=True)
