"""`deskhand gmail`: signing in and out."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from server.core.errors import DeskhandError
from server.sdk.cli import confirm, connect, data_dir_option, example, json_option, say, show, yes_option
from server.system.environment import hidden_secrets

Call = Callable[..., Any]
LONGEST_SIGN_IN = 600.0  # seconds, as long as Deskhand waits for Google's answer
POLL_SECONDS = 0.5


@click.group(epilog=example("deskhand gmail sign-in"))
def gmail() -> None:
    """Sign Gmail accounts in and out."""


def sign_in(
    call: Call,
    *,
    show: Callable[[str], Any],
    credentials: Path | None = None,
    seconds: float = LONGEST_SIGN_IN,
    poll_seconds: float = POLL_SECONDS,
) -> str:
    """Sign an account in: `show` gets the address for the browser. Answers how it went; raises DeskhandError when it failed."""
    if credentials:
        call("POST", "/api/gmail/credentials", {"file": credentials.read_text("utf-8", "replace")})
    show(call("POST", "/api/gmail/sign-in")["address"])
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        status = call("GET", "/api/gmail/status")
        if status["sign_in"] == "done":
            return str(status["sign_in_message"])
        if status["sign_in"] == "failed":
            raise DeskhandError(status["sign_in_message"])
        time.sleep(poll_seconds)
    raise DeskhandError("The sign-in was not completed. Try again, and finish it on Google's page in the browser.")


def describe_status(status: dict[str, Any]) -> list[str]:
    """Say who is signed in, a line for each account."""
    return [describe_account(entry) for entry in status["accounts"]] or [str(status["message"])]


def describe_account(account: dict[str, Any]) -> str:
    """Say what an account may be used for."""
    if account["problem"]:
        return f"{account['address']}: {account['problem']}"
    words = {"can_read": "read", "can_send": "send", "can_change": "label and trash"}
    granted = [word for name, word in words.items() if account[name]]
    return f"{account['address']}: may {', '.join(granted)}"


def sign_out(call: Call, account: str | None) -> str:
    """Sign an account out, the only one where none is named."""
    if account is None:
        addresses = [entry["address"] for entry in call("GET", "/api/gmail/status")["accounts"]]
        if len(addresses) != 1:
            raise DeskhandError(f"Say which account: {', '.join(addresses)}." if addresses else "No account is signed in.")
        account = addresses[0]
    return str(call("DELETE", f"/api/gmail/accounts/{quote(account, safe='@')}")["message"])


@gmail.command("sign-in", epilog=example("deskhand gmail sign-in --credentials client_secret.json"))
@click.option("--no-browser", is_flag=True, help="Only print the address, for a browser elsewhere on this computer.")
@click.option(
    "--credentials",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="First keep this file of an OAuth client of the type Desktop app.",
)
@data_dir_option
def sign_in_command(data_dir: Path | None, credentials: Path | None, *, no_browser: bool) -> None:
    """Sign a Gmail account in, in your browser."""

    def show(address: str) -> None:
        click.echo("Open this address in your browser:")
        say(address)
        if not no_browser:
            import webbrowser

            with hidden_secrets():
                webbrowser.open(address)

    with connect(data_dir, running_only=True) as deskhand:
        say(sign_in(deskhand.call, show=show, credentials=credentials))


@gmail.command("status", epilog=example("deskhand gmail status --json"))
@json_option
@data_dir_option
def status_command(data_dir: Path | None, *, as_json: bool) -> None:
    """Say which accounts are signed in, and what they may be used for."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", "/api/gmail/status"), describe_status, as_json=as_json)


@gmail.command("sign-out", epilog=example("deskhand gmail sign-out alex@example.com"))
@click.argument("account", required=False)
@yes_option
@data_dir_option
def sign_out_command(data_dir: Path | None, account: str | None, *, yes: bool) -> None:
    """Take back what ACCOUNT granted, and forget it."""
    confirm(f"{account or 'The account'} is signed out of Deskhand, and its access is taken back.", yes=yes)
    with connect(data_dir, running_only=True) as deskhand:
        say(sign_out(deskhand.call, account))
