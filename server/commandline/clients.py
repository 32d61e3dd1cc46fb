"""`deskhand clients`: who may call."""

from pathlib import Path
from typing import Any

import click

from server.commandline.reach import reached
from server.commandline.words import data_dir_option, example, json_option, print_json, say, tell_time


@click.group(epilog=example("deskhand clients create my-gpt --scope read:mail --scope write:mail"))
def clients() -> None:
    """Make, list, change and end the GPTs, apps and scripts that may call."""


@clients.command(epilog=example("deskhand clients create bot --allow send_mail --rate 30/minute"))
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="What it may see; again for more. Default: all that are on now.",
)
@click.option(
    "--allow", multiple=True, metavar="OPERATION", help="A changing operation that runs without asking; again for more."
)
@click.option("--deny", multiple=True, metavar="OPERATION", help="An operation that is refused; again for more.")
@click.option(
    "--rate",
    metavar="N/minute|none",
    help="How often it may call. Default: 300 reading and 60 changing calls a minute.",
)
@json_option
@data_dir_option
def create(
    name: str,
    scopes: tuple[str, ...],
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    rate: str | None,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make a client and print its key, alone on stdout and only this once."""
    order = {"name": name, "scopes": list(scopes) or None, "allow": list(allow), "deny": list(deny), "rate": rate}
    with reached(data_dir) as deskhand:
        made = deskhand.call("POST", "/api/clients", order)
    for warning in made["warnings"]:
        say(f"ChatGPT would not take its document: {warning}", err=True)
    if as_json:
        print_json(made)
    else:
        click.echo(made["key"])


@clients.command("list", epilog=example("deskhand clients list --json"))
@json_option
@data_dir_option
def list_clients(data_dir: Path | None, *, as_json: bool) -> None:
    """List the clients, newest first."""
    with reached(data_dir) as deskhand:
        found = deskhand.call("GET", "/api/clients")
    if as_json:
        print_json(found)
        return
    for client in found:
        ended = f"  revoked {client['revoked_at'][:10]}" if client["revoked_at"] else ""
        say(f"{client['name']:<24} {client['key_hint']}…  {' '.join(client['scopes'])}{ended}")
    if not found:
        click.echo("There are no clients yet. Make one: deskhand clients create my-gpt", err=True)


@clients.command(epilog=example("deskhand clients show my-gpt"))
@click.argument("name")
@json_option
@data_dir_option
def show(name: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Show what a client may do."""
    with reached(data_dir) as deskhand:
        client = deskhand.call("GET", f"/api/clients/{quoted(name)}")
    if as_json:
        print_json(client)
    else:
        tell(client)


@clients.command(epilog=example("deskhand clients allow my-gpt send_mail"))
@click.argument("name")
@click.argument("operations", nargs=-1, required=True)
@data_dir_option
def allow(name: str, operations: tuple[str, ...], data_dir: Path | None) -> None:
    """Let a client's OPERATIONS run without asking."""
    change_policies(data_dir, name, operations, "allow")


@clients.command(epilog=example("deskhand clients ask my-gpt send_mail"))
@click.argument("name")
@click.argument("operations", nargs=-1, required=True)
@data_dir_option
def ask(name: str, operations: tuple[str, ...], data_dir: Path | None) -> None:
    """Take back that a client's OPERATIONS are allowed: it still sees them, and is refused."""
    change_policies(data_dir, name, operations, "ask")


@clients.command(epilog=example("deskhand clients deny my-gpt delete_draft"))
@click.argument("name")
@click.argument("operations", nargs=-1, required=True)
@data_dir_option
def deny(name: str, operations: tuple[str, ...], data_dir: Path | None) -> None:
    """Refuse a client OPERATIONS, and do not show them to it."""
    change_policies(data_dir, name, operations, "deny")


@clients.command(epilog=example("deskhand clients renew my-gpt"))
@click.argument("name")
@data_dir_option
def renew(name: str, data_dir: Path | None) -> None:
    """Print another key for a client, only this once. The old one ends in the same moment."""
    with reached(data_dir) as deskhand:
        made = deskhand.call("POST", f"/api/clients/{quoted(name)}/key")
    click.echo(made["key"])


@clients.command(epilog=example("deskhand clients revoke my-gpt"))
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Every client there is, at once.")
@data_dir_option
def revoke(name: str | None, data_dir: Path | None, *, every: bool) -> None:
    """End a client: its key opens nothing from this moment on."""
    if (name is None) != every:
        raise click.UsageError("Name the client, or say --all.")
    with reached(data_dir) as deskhand:
        if every:
            ended = deskhand.call("POST", "/api/clients/revoke-all")["ended"]
            click.echo(f"{ended} revoked." if ended else "There was none to revoke.")
        else:
            deskhand.call("DELETE", f"/api/clients/{quoted(name or '')}")
            say(f"{name} is revoked.")


def change_policies(data_dir: Path | None, name: str, operations: tuple[str, ...], policy: str) -> None:
    """Say what happens when a client calls operations, and show it."""
    with reached(data_dir) as deskhand:
        order = {"policies": dict.fromkeys(operations, policy)}
        tell(deskhand.call("PATCH", f"/api/clients/{quoted(name)}", order))


def tell(client: dict[str, Any]) -> None:
    """Show a client to a person."""
    say(f"{client['name']}  key {client['key_hint']}…  made {client['created_at'][:10]}")
    say(f"scopes  {' '.join(client['scopes'])}")
    say(f"rate    {client['rate'] or 'the usual limits'}")
    used = tell_time(client["last_used_at"]) if client["last_used_at"] else "never"
    say(f"used    {used}, {client['calls_today']} calls today")
    for name, policy in client["operations"].items():
        say(f"  {policy:<6} {name}")


def quoted(name: str) -> str:
    """A name as part of an address."""
    from urllib.parse import quote

    return quote(name, safe="")
