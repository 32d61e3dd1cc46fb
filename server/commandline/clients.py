"""`deskhand clients`: who may call."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from server.access.clients.presets import Preset
from server.commandline.client import ask, connect
from server.core.command import format_command
from server.core.errors import InvalidInput
from server.sdk.cli import LocalApi, confirm, data_dir_option, example, json_option, print_json, say, say_time, yes_option

WAYS = {"own": "made here", "registered": "registered itself", "document": "known by a document"}

oauth_option = click.option("--oauth", is_flag=True, help="Use OAuth: print a client ID and secret as JSON instead of a key.")
redirect_option = click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    metavar="URI",
    help="With --oauth: a redirect URL; repeatable. ChatGPT's and Claude's own are known.",
)


@click.group(epilog=example("deskhand clients create my-gpt --scope read:mail --scope write:mail"))
def clients() -> None:
    """Create, list, change and revoke clients: GPTs, apps and scripts."""


@clients.command(epilog=example("deskhand clients create my-gpt --preset ask"))
@click.argument("name")
@click.option(
    "--preset",
    type=click.Choice([preset.value for preset in Preset]),
    help="Preset of permissions that fits a GPT. read-only: look things up. ask: ask you before any change.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="A scope; repeatable. Default: all current scopes.",
)
@click.option("--allow", multiple=True, metavar="OPERATION", help="A changing operation to allow without approval; repeatable.")
@click.option("--deny", multiple=True, metavar="OPERATION", help="An operation to block; repeatable.")
@click.option(
    "--rate",
    metavar="N/minute|none",
    help="Rate limit. Default: 300 reads and 60 changes a minute.",
)
@oauth_option
@redirect_option
@json_option
@data_dir_option
def create(  # noqa: PLR0913, one argument for each option
    name: str,
    scopes: tuple[str, ...],
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    rate: str | None,
    redirect_uris: tuple[str, ...],
    data_dir: Path | None,
    *,
    preset: str | None,
    oauth: bool,
    as_json: bool,
) -> None:
    """Create a client and print its key, or its OAuth ID and secret. They are shown only once."""
    check_redirects(redirect_uris, oauth=oauth)
    order: dict[str, Any] = {"name": name, "scopes": list(scopes) or None, "allow": list(allow), "deny": list(deny), "rate": rate}
    order |= {"preset": preset, "oauth": oauth, "redirect_uris": list(redirect_uris)}
    with connect(data_dir) as deskhand:
        made = deskhand.call("POST", "/api/clients", order)
        warn_of_always(deskhand, allow)
    for warning in made["warnings"]:
        say(f"Fine for a script, but not for ChatGPT: {warning}", err=True)
    if as_json:
        print_json(made | (made["oauth"] or {}))
    else:
        tell_made(made)


@clients.command("list", epilog=example("deskhand clients list --json"))
@json_option
@data_dir_option
def list_clients(data_dir: Path | None, *, as_json: bool) -> None:
    """List the clients, newest first."""
    listed = ask(data_dir, "GET", "/api/clients")
    if as_json:
        print_json(listed)
        return
    for client in listed:
        ended = f"  revoked {client['revoked_at'][:10]}" if client["revoked_at"] else ""
        credential = f"{client['key_hint']}…" if client["key_hint"] else "OAuth"
        say(f"{client['name']:<24} {credential:<8}  {' '.join(client['scopes'])}{ended}")
    if not listed:
        click.echo(f"There are no clients yet. Create one: {format_command('clients create my-gpt')}", err=True)


@clients.command(epilog=example("deskhand clients show my-gpt"))
@click.argument("name")
@json_option
@data_dir_option
def show(name: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Show the permissions of a client, including temporary ones and those for recipients."""
    with connect(data_dir) as deskhand:
        client = deskhand.call("GET", f"/api/clients/{quoted(name)}")
        allowances = deskhand.call("GET", f"/api/clients/{quoted(name)}/allowances")
    if as_json:
        print_json(client | {"allowances": allowances})
    else:
        tell(client)
        for allowance in allowances:
            whom = f" to {', '.join(allowance['recipients'])}" if allowance["recipients"] else ""
            until = say_time(allowance["until"]) if allowance["until"] else "you end it"
            say(f"allowed {allowance['operation']}{whom} without asking, until {until}")
        if allowances:
            say(f"Ask again: {format_command('clients ask')} {name} OPERATION")


def add_policy_command(policy: str, operation: str, text: str) -> None:
    """Add the command that sets a policy for operations of a client."""

    @clients.command(policy, help=text, epilog=example(f"deskhand clients {policy} my-gpt {operation}"))
    @click.argument("name")
    @click.argument("operations", nargs=-1, required=True)
    @data_dir_option
    def set_policy(name: str, operations: tuple[str, ...], data_dir: Path | None) -> None:
        order = {"policies": dict.fromkeys(operations, policy)}
        with connect(data_dir) as deskhand:
            if policy != "deny":
                require_scopes(deskhand, name, operations)
            client = deskhand.call("PATCH", f"/api/clients/{quoted(name)}", order)
            warn_of_always(deskhand, operations if policy == "allow" else ())
        tell(client)


ENDS = "Ends earlier permissions for them,"
add_policy_command("allow", "send_mail", "Allow OPERATIONS of a client without asking.")
add_policy_command(
    "ask", "send_mail", f"Ask before OPERATIONS of a client. {ENDS} also temporary ones and those for some recipients."
)
add_policy_command("deny", "delete_draft", f"Block OPERATIONS of a client, and hide them from it. {ENDS} as `ask` does.")


@clients.command(epilog=example("deskhand clients renew my-gpt"))
@click.argument("name")
@oauth_option
@redirect_option
@yes_option
@data_dir_option
def renew(name: str, redirect_uris: tuple[str, ...], data_dir: Path | None, *, oauth: bool, yes: bool) -> None:
    """Create a new key for a client, or a new OAuth ID and secret. The old ones stop working immediately."""
    check_redirects(redirect_uris, oauth=oauth)
    confirm(f"The old {'secret and sign-ins' if oauth else 'key'} of {name} {'stop' if oauth else 'stops'} working.", yes=yes)
    with connect(data_dir) as deskhand:
        if oauth:
            made = deskhand.call("POST", f"/api/clients/{quoted(name)}/oauth", {"redirect_uris": list(redirect_uris) or None})
        else:
            made = deskhand.call("POST", f"/api/clients/{quoted(name)}/key")
    tell_made(made)


@clients.command(epilog=example("deskhand clients revoke my-gpt"))
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="All clients.")
@yes_option
@data_dir_option
def revoke(name: str | None, data_dir: Path | None, *, every: bool, yes: bool) -> None:
    """Revoke a client: its key stops working immediately."""
    if (name is None) != every:
        raise click.UsageError("Name the client, or use --all.")
    confirm(f"{'All keys and sign-ins' if every else f'The key and the sign-ins of {name}'} stop working.", yes=yes)
    with connect(data_dir) as deskhand:
        if every:
            ended = deskhand.call("POST", "/api/clients/revoke-all")["ended"]
            click.echo(f"{ended} revoked." if ended else "There were no clients to revoke.")
        else:
            deskhand.call("DELETE", f"/api/clients/{quoted(name or '')}")
            say(f"{name} is revoked.")


@clients.command("scopes", epilog=example("deskhand clients scopes my-gpt --add use:crm"))
@click.argument("name")
@click.option("--add", "added", multiple=True, metavar="SCOPE", help="A scope to give; repeatable. use:SERVER: a server's tools.")
@click.option("--remove", "removed", multiple=True, metavar="SCOPE", help="A scope to take away; repeatable.")
@data_dir_option
def change_scopes(name: str, added: tuple[str, ...], removed: tuple[str, ...], data_dir: Path | None) -> None:
    """Give scopes to a client, or take them away. Without options: show them."""
    with connect(data_dir) as deskhand:
        client = deskhand.call("GET", f"/api/clients/{quoted(name)}")
        if added or removed:
            scopes = sorted({*client["scopes"], *added} - {*removed})
            client = deskhand.call("PATCH", f"/api/clients/{quoted(name)}", {"scopes": scopes})
    tell(client)


def require_scopes(deskhand: LocalApi, name: str, operations: Sequence[str]) -> None:
    """Raises InvalidInput if a client lacks a scope for operations, which it could not use then."""
    had = {"", *deskhand.call("GET", f"/api/clients/{quoted(name)}")["scopes"]}
    needed = {view["name"]: view["scope"] for view in deskhand.call("GET", "/api/operations")}
    if lacking := sorted({needed[each] for each in operations if each in needed} - had):
        add = " ".join(f"--add {scope}" for scope in lacking)
        command = f"{format_command('clients scopes')} {name} {add}"
        raise InvalidInput(f"{name} cannot use that without the scope {', '.join(lacking)}. Give it first: {command}")


def warn_of_always(deskhand: LocalApi, names: Sequence[str]) -> None:
    """Print a warning for each of these operations that permits much when it is always allowed."""
    for operation in deskhand.call("GET", "/api/operations") if names else []:
        if operation["name"] in names and operation["always"]:
            say(f"{operation['name']}: {operation['always']}", err=True)


def check_redirects(redirect_uris: tuple[str, ...], *, oauth: bool) -> None:
    """Raises UsageError for callback addresses of a client that has none."""
    if redirect_uris and not oauth:
        raise click.UsageError("--redirect-uri goes with --oauth.")


def tell_made(made: dict[str, Any]) -> None:
    """Print what is told once: the key, or the OAuth id and secret as JSON."""
    click.echo(json.dumps(made["oauth"]) if made["oauth"] else made["key"])


def tell(client: dict[str, Any]) -> None:
    """Show a client to a person."""
    key = f"  key {client['key_hint']}…" if client["key_hint"] else ""
    say(f"{client['name']}{key}  made {client['created_at'][:10]}")
    if oauth := client["oauth"]:
        say(f"OAuth   {oauth['client_id']} ({oauth['title']}, {WAYS[oauth['kind']]})")
        for uri in oauth["redirect_uris"]:
            say(f"        redirect URL {uri}")
        for grant in oauth["grants"]:
            used = grant["last_used_at"] or "never"
            say(f"        signed in {grant['created_at'][:10]} at {grant['callback']}, used {used}: {' '.join(grant['scopes'])}")
    say(f"scopes  {' '.join(client['scopes'])}")
    say(f"rate    {client['rate'] or 'the usual limits'}")
    used = say_time(client["last_used_at"]) if client["last_used_at"] else "never"
    say(f"used    {used}, {client['calls_today']} calls today")
    for name, policy in client["operations"].items():
        say(f"  {policy:<6} {name}")


def quoted(name: str) -> str:
    """A name as part of an address."""
    from urllib.parse import quote

    return quote(name, safe="")
