"""`deskhand tools`: the MCP servers whose tools clients may use."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from server.core.errors import DeskhandError, InvalidInput
from server.integrations.tools.describe import choose_servers, describe_servers, read_pairs, warn_of_unused
from server.integrations.tools.local_api import address, complete_variables
from server.integrations.tools.review_commands import register
from server.sdk.cli import PathType, confirm, connect, data_dir_option, example, json_option, print_json, say, show, yes_option

INSTALL_SECONDS = 1_800.0  # for an installation over a slow connection
NOT_PUBLIC = "ChatGPT cannot reach these addresses. Turn on the tunnel first: they change then."
NO_OBJECT = "The arguments are not a JSON object, such as '{\"limit\": 2}'."


@click.group(epilog=example("deskhand tools add mcp.json"))
def tools() -> None:
    """Offer the tools of MCP servers to ChatGPT and scripts."""


@tools.command("list", epilog=example("deskhand tools list --json"))
@json_option
@data_dir_option
def list_command(data_dir: Path | None, *, as_json: bool) -> None:
    """List the MCP servers and their tools."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", "/api/tools"), describe_servers, as_json=as_json)


def describe_added(added: dict[str, Any]) -> Iterator[str]:
    """Describe what was added."""
    yield from added["notes"]
    yield from describe_servers(choose_servers(added["tools"], added["added"]))


@tools.command("add", epilog=example("deskhand tools add ~/.cursor/mcp.json"))
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), required=False)
@click.option("--preset", metavar="NAME", help="Install this server from the list of `tools presets`, instead of FILE.")
@click.option("--input", "inputs", multiple=True, metavar="ID=VALUE", help="The value of an input or a variable that it needs.")
@json_option
@data_dir_option
def add_command(file: Any, preset: str | None, inputs: tuple[str, ...], data_dir: Path | None, *, as_json: bool) -> None:
    """Add the MCP servers in FILE. It is an MCP client's configuration; - is stdin. Every tool asks until you trust it."""
    if (file is None) == (preset is None):
        raise click.UsageError("Give a FILE, or --preset.")
    values = read_pairs(inputs)
    with connect(data_dir, running_only=True) as deskhand:
        if preset is None:
            added = deskhand.call("POST", "/api/tools", complete_variables(deskhand, file.read(), values))
            warn_of_unused(values, choose_servers(added["tools"], added["added"])["servers"])
        else:
            say("Installing…", err=True)
            path = f"/api/tools/presets/{quote(preset, safe='')}"
            added = deskhand.call("POST", path, {"inputs": values}, seconds=INSTALL_SECONDS)
        show(added, describe_added, as_json=as_json)


@tools.command("presets", epilog=example("deskhand tools presets"))
@json_option
@data_dir_option
def presets_command(data_dir: Path | None, *, as_json: bool) -> None:
    """List the servers that can be installed, and their inputs. `tools add --preset NAME` installs one."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", "/api/tools/presets"), describe_presets, as_json=as_json)


@tools.command("gpt-config", epilog=example("deskhand tools gpt-config --output gpt_actions_config.json"))
@click.argument("server", default="")
@click.option("--output", type=PathType(dir_okay=False), help="The file to write. Default: stdout.")
@data_dir_option
def gpt_config_command(server: str, output: Path | None, data_dir: Path | None) -> None:
    """Write the configuration of a GPT for SERVER. It has names, addresses and conversation starters."""
    with connect(data_dir, running_only=True) as deskhand:
        config = deskhand.call("GET", f"/api/tools/gpt-config?server={quote(server, safe='')}")
    if not config["schema_url"].startswith("https:"):
        say(NOT_PUBLIC, err=True)
    if output is None:
        print_json(config)
        return
    try:
        output.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{output} could not be written: {error.strerror}.") from None
    say(f"Written to {output}.")


def describe_presets(view: dict[str, Any]) -> Iterator[str]:
    """Describe the presets."""
    for preset in view["presets"]:
        state = f"installed, {preset['version']}" if preset["installed"] else preset["version"]
        newer = f" ({preset['newest']} is available)" if preset["newest"] else ""
        yield f"{preset['id']:<12} {preset['description']} {state}{newer}"
        for warning in preset["warnings"]:
            yield f"{'':<12} {warning}"
        for wanted in preset["inputs"]:
            yield f"{'':<12} --input {wanted['id']}=…  {wanted['description']}{' Required.' if wanted['required'] else ''}"


@tools.command("remove", epilog=example("deskhand tools remove crm"))
@click.argument("server")
@yes_option
@data_dir_option
def remove_command(server: str, data_dir: Path | None, *, yes: bool) -> None:
    """Remove the MCP server SERVER with its secrets."""
    confirm("Its tools are no longer offered, and its secrets are deleted.", yes=yes)
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("DELETE", address(server))
    say(f"{server} removed.")


@tools.command("log", epilog=example("deskhand tools log crm"))
@click.argument("server")
@json_option
@data_dir_option
def log_command(server: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Print what the MCP server SERVER wrote to its log."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", address(server, "/log")), lambda view: view["lines"], as_json=as_json)


@tools.command("try", epilog=example("""deskhand tools try crm get_leads '{"limit": 2}'"""))
@click.argument("server")
@click.argument("tool")
@click.argument("arguments", default="{}")
@json_option
@data_dir_option
def try_command(server: str, tool: str, arguments: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Call TOOL of the MCP server SERVER. ARGUMENTS is a JSON object."""
    try:
        values = json.loads(arguments)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise InvalidInput(NO_OBJECT)
    with connect(data_dir, running_only=True) as deskhand:
        result = deskhand.call("POST", address(server, "/try"), {"tool": tool, "arguments": values})
    if as_json:
        print_json(result)
    elif result["failed"]:
        raise DeskhandError(result["text"])
    else:
        say(result["text"])


register(tools)
