"""`deskhand tunnel`: whether ChatGPT reaches this computer."""

import time
from pathlib import Path
from typing import Any

import click

from server.commandline.reach import Deskhand, reached
from server.commandline.words import data_dir_option, example, json_option, print_json, say
from server.errors import DeskhandError

LONGEST_WAIT = 90.0  # seconds; Deskhand itself gives up before
LOOK_EVERY = 0.2


@click.group(epilog=example("deskhand tunnel on"))
def tunnel() -> None:
    """Open and close the address at which ChatGPT reaches this computer."""


@tunnel.command(epilog=example("deskhand tunnel on"))
@json_option
@data_dir_option
def on(data_dir: Path | None, *, as_json: bool) -> None:
    """Open the tunnel and print its address."""
    with reached(data_dir, running_only=True) as deskhand:
        deskhand.call("POST", "/api/tunnel/open")
        found = wait(deskhand)
    if as_json:
        print_json(found)
    if found["state"] not in {"open", "fixed"}:
        raise DeskhandError(tell_trouble(found) or "The tunnel is not open yet. `deskhand tunnel status` tells more.")
    if not as_json:
        say(found["address"])


@tunnel.command(epilog=example("deskhand tunnel off"))
@data_dir_option
def off(data_dir: Path | None) -> None:
    """Close the tunnel; nobody reaches this computer from outside then."""
    with reached(data_dir, running_only=True) as deskhand:
        deskhand.call("POST", "/api/tunnel/close")
    click.echo("The tunnel is off.")


@tunnel.command(epilog=example("deskhand tunnel status --json"))
@json_option
@data_dir_option
def status(data_dir: Path | None, *, as_json: bool) -> None:
    """Say whether the tunnel is open, and where."""
    with reached(data_dir, running_only=True) as deskhand:
        found = deskhand.call("GET", "/api/tunnel")
    if as_json:
        print_json(found)
        return
    say(" ".join(filter(None, [f"{found['state']:<12}", found["address"]])).strip())
    if trouble := tell_trouble(found):
        say(trouble)
    if found["requests_limit"] and found["state"] != "fixed":
        click.echo(f"{found['requests_this_month']:,} of {found['requests_limit']:,} requests this month")


def wait(deskhand: Deskhand) -> dict[str, Any]:
    """Wait until it is open or cannot be."""
    deadline = time.monotonic() + LONGEST_WAIT
    found: dict[str, Any] = deskhand.call("GET", "/api/tunnel")
    while found["state"] in {"opening", "reconnecting"} and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
        found = deskhand.call("GET", "/api/tunnel")
    return found


def tell_trouble(found: dict[str, Any]) -> str:
    """What is wrong, and what to do."""
    return " ".join(filter(None, [found["problem"], found["advice"]]))
