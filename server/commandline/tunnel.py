"""`deskhand tunnel`: whether ChatGPT reaches this computer."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from server.commandline.client import ask, connect
from server.core.command import format_command
from server.core.errors import DeskhandError
from server.sdk.cli import LocalApi, data_dir_option, example, json_option, print_json, read_secret, say

AUTHTOKEN_PROMPT = "Authtoken, from https://dashboard.ngrok.com/get-started/your-authtoken"
LONGEST_WAIT = 90.0  # seconds; Deskhand itself gives up before
LOOK_EVERY = 0.2


@click.group(epilog=example("deskhand tunnel on"))
def tunnel() -> None:
    """Set up, open and close the tunnel, through which ChatGPT reaches this computer."""


@tunnel.command(epilog=example("deskhand tunnel on"))
@json_option
@data_dir_option
def on(data_dir: Path | None, *, as_json: bool) -> None:
    """Open the tunnel and print its address."""
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("POST", "/api/tunnel/open")
        view = wait(deskhand)
    if as_json:
        print_json(view)
    if view["state"] not in {"open", "fixed"}:
        raise DeskhandError(
            format_problem(view) or f"The tunnel is not open yet. `{format_command('tunnel status')}` tells more."
        )
    if not as_json:
        say(view["address"])


@tunnel.command(epilog=example("deskhand tunnel off"))
@data_dir_option
def off(data_dir: Path | None) -> None:
    """Close the tunnel."""
    ask(data_dir, "POST", "/api/tunnel/close", running_only=True)
    click.echo("The tunnel is off.")


@tunnel.command(epilog=example("deskhand tunnel status --json"))
@json_option
@data_dir_option
def status(data_dir: Path | None, *, as_json: bool) -> None:
    """Show whether the tunnel is open, and its address."""
    view = ask(data_dir, "GET", "/api/tunnel", running_only=True)
    if as_json:
        print_json(view)
        return
    say(" ".join(filter(None, [f"{view['state']:<12}", view["address"]])).strip())
    if trouble := format_problem(view):
        say(trouble)
    if view["requests_limit"] and view["state"] != "fixed":
        click.echo(f"{view['requests_this_month']:,} of {view['requests_limit']:,} requests this month")


@tunnel.command("set", epilog=example("deskhand tunnel set --authtoken --domain desk.ngrok.app --open-at-start"))
@click.option("--authtoken", is_flag=True, help="Enter the authtoken (hidden), or read it from a pipe.")
@click.option("--domain", metavar="D", help="The reserved address, such as desk.ngrok.app.")
@click.option("--no-domain", is_flag=True, help="Use any address that ngrok assigns.")
@click.option("--agent", metavar="PATH", help="Your own ngrok agent.")
@click.option("--open-at-start/--no-open-at-start", default=None, help="Open the tunnel whenever Deskhand starts.")
@click.option("--keep-awake/--no-keep-awake", default=None, help="Keep the computer awake while the tunnel is on.")
@data_dir_option
def change(data_dir: Path | None, *, authtoken: bool, no_domain: bool, agent: str | None, **given: Any) -> None:
    """Configure the tunnel. Options that are not given stay unchanged."""
    if no_domain and given["domain"]:
        raise click.UsageError("Use --domain or --no-domain, not both.")
    order = {name: value for name, value in given.items() if value is not None} | ({"domain": None} if no_domain else {})
    if agent:
        order["agent_path"] = str(Path(agent).expanduser().absolute())
    if not order and not authtoken:
        raise click.UsageError("Nothing to set; see --help.")
    with connect(data_dir) as deskhand:
        if authtoken:
            order["authtoken"] = read_secret("authtoken", AUTHTOKEN_PROMPT)
        deskhand.call("PUT", "/api/tunnel/settings", order)
    click.echo("Saved.")


@tunnel.command(epilog=example("deskhand tunnel download"))
@data_dir_option
def download(data_dir: Path | None) -> None:
    """Download ngrok's program from ngrok, into Deskhand's own folder."""
    with connect(data_dir, running_only=True) as deskhand:
        view = deskhand.call("POST", "/api/tunnel/agent")
        with click.progressbar(length=100, label="ngrok's program", file=sys.stderr) as bar:
            while (progress := view["download"]) and progress["running"]:
                bar.update(round(progress["share"] * 100) - bar.pos)
                time.sleep(LOOK_EVERY)
                view = deskhand.call("GET", "/api/tunnel")
            if not progress:
                bar.update(100 - bar.pos)
    if progress:
        raise DeskhandError(progress["problem"])
    if not view["agent"]["found"]:
        raise DeskhandError("The download was stopped. Start it again; it continues where it stopped.")
    click.echo(view["agent"]["path"])


def wait(deskhand: LocalApi) -> dict[str, Any]:
    """Wait until it is open or cannot be."""
    deadline = time.monotonic() + LONGEST_WAIT
    view: dict[str, Any] = deskhand.call("GET", "/api/tunnel")
    while view["state"] in {"opening", "reconnecting"} and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
        view = deskhand.call("GET", "/api/tunnel")
    return view


def format_problem(view: dict[str, Any]) -> str:
    """Format the problem and the advice about it."""
    return " ".join(filter(None, [view["problem"], view["advice"]]))
