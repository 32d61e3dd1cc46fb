"""`deskhand omi`: the addresses for the OMI app, its signing secret, and what arrives."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from server.core.command import format_command
from server.core.errors import DeskhandError
from server.sdk.cli import (
    confirm,
    connect,
    data_dir_option,
    example,
    json_option,
    print_json,
    read_secret,
    say,
    say_time,
    show,
    yes_option,
)

FIELDS = {
    "memory": "Memory Creation Webhook",
    "transcript": "Real-Time Transcript Webhook",
    "day_summary": "Day Summary Webhook",
    "audio": "Audio Bytes Webhook",
    "button": "Button Webhook",
}  # as the OMI app calls them
SECONDS_OF_SOUND = ",5"  # in one delivery, as the app wants it said
NO_ADDRESS = f"There is no address yet. Create one: {format_command('omi address --new')}"
HERE_ONLY = f"OMI cannot reach this computer yet: `{format_command('tunnel on')}` opens a public address."


@click.group(epilog=example("deskhand omi status"))
def omi() -> None:
    """Let an OMI wearable send what it heard, and see what arrives."""


def describe_status(status: dict[str, Any]) -> Iterator[str]:
    """Say how OMI is: the set-up, what came last, and who sent it."""
    if not status["addresses"]["memory"]:
        yield NO_ADDRESS
    elif status["here_only"]:
        yield HERE_ONLY
    yield f"Signatures: {describe_signing(status['secret'])}"
    for arrival in status["last"]:
        title = f"  {arrival['title']}" if arrival["title"] else ""
        yield f"{say_time(arrival['at'])}  {arrival['kind']:<11}  {arrival['uid']}{title}"
    if aside := status["counts"]["aside"]:
        yield f"Without content: {aside}"
    if not status["last"]:
        yield "Nothing has arrived yet."
    for source in status["sources"]:
        yield describe_source(source)


def describe_signing(secret: dict[str, Any]) -> str:
    """Say whether deliveries have to be signed."""
    if not secret["is_set"]:
        return "not asked for"
    until = secret["previous_until"]
    return f"required; the previous secret works until {say_time(until)}" if until else "asked for"


def describe_source(source: dict[str, Any]) -> str:
    """Say what is known of an OMI account."""
    approve = format_command("approvals approve")
    text = {
        "waiting": f"needs your approval, {source['kept_aside']} on hold: {approve} {source['question']}",
        "accepted": f"accepted, {source['conversations']} conversations",
        "denied": f"denied, {source['dropped']} dropped",
    }
    return f"{source['uid']}: {text[source['state']]}"


@omi.command("status", epilog=example("deskhand omi status --json"))
@json_option
@data_dir_option
def status_command(data_dir: Path | None, *, as_json: bool) -> None:
    """Say what arrived last, from whom, and what is set up."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", "/api/omi"), describe_status, as_json=as_json)


@omi.command("address", epilog=example("deskhand omi address --new"))
@click.option("--new", is_flag=True, help="Create a new address first; the old one stops working immediately.")
@json_option
@yes_option
@data_dir_option
def address_command(data_dir: Path | None, *, new: bool, as_json: bool, yes: bool) -> None:
    """Print what to paste into the OMI app's Developer Settings."""
    with connect(data_dir, running_only=True) as deskhand:
        status = deskhand.call("GET", "/api/omi")
        if new:
            if any(status["addresses"].values()):
                confirm("The address in use stops working.", yes=yes)
            deskhand.call("POST", "/api/omi/address")
            status = deskhand.call("GET", "/api/omi")
    addresses = {name: address for name, address in status["addresses"].items() if address}
    if as_json:
        print_json(addresses)
        return
    if not addresses:
        raise DeskhandError(NO_ADDRESS)
    for name, address in addresses.items():
        say(f"{FIELDS.get(name, name):<29} {address}{SECONDS_OF_SOUND if name == 'audio' else ''}")
    if status["here_only"]:
        say(HERE_ONLY, err=True)


@omi.command("secret", epilog=example("deskhand omi secret < secret.txt"))
@click.option("--remove", is_flag=True, help="Stop requiring signatures.")
@yes_option
@data_dir_option
def secret_command(data_dir: Path | None, *, remove: bool, yes: bool) -> None:
    """Keep the signing secret that the OMI app shows; it is typed unseen or comes from stdin, never as an argument."""
    if remove:
        confirm("Deliveries without a signature are accepted.", yes=yes)
    secret = None if remove else read_secret("signing secret")
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("PUT", "/api/omi/secret", {"secret": secret})
    if remove:
        click.echo("Deliveries no longer need a signature.")
    else:
        click.echo("Secret saved. Only signed deliveries are accepted; a previous secret works for another day.")


@omi.command("forget", epilog=example("deskhand omi forget Xz81hQ"))
@click.argument("uid")
@yes_option
@data_dir_option
def forget_command(uid: str, data_dir: Path | None, *, yes: bool) -> None:
    """Remove everything that the OMI account UID has sent."""
    confirm("Its conversations, transcripts, days and sound are removed.", yes=yes)
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("DELETE", f"/api/omi/sources/{quote(uid, safe='')}")
    say(f"All data of {uid} deleted.")
