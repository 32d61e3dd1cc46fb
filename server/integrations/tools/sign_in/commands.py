"""`deskhand tools sign-in` and `sign-out`."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from server.core.errors import DeskhandError, NotFound
from server.integrations.tools.local_api import address
from server.sdk.cli import confirm, connect, data_dir_option, example, say, yes_option
from server.system.environment import hidden_secrets

Call = Callable[..., Any]
LONGEST_SIGN_IN = 600.0  # seconds, as long as Deskhand waits for the browser
POLL_SECONDS = 0.5
NOT_FINISHED = "The sign-in was not finished. Try again, and finish it on the page in the browser."


def wait_signed_in(call: Call, server: str, *, seconds: float = LONGEST_SIGN_IN) -> None:
    """Wait until the person has signed in. Raises DeskhandError if it failed."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        view = next((view for view in call("GET", "/api/tools")["servers"] if view["id"] == server), None)
        if view is None or view["sign_in"] is None:
            raise NotFound("There is no such MCP server any more.")
        sign_in = view["sign_in"]
        if sign_in["error"]:
            raise DeskhandError(sign_in["error"])
        if not sign_in["url"]:
            if sign_in["signed_in"]:
                return
            break
        time.sleep(POLL_SECONDS)
    raise DeskhandError(NOT_FINISHED)


@click.command("sign-in", epilog=example("deskhand tools sign-in crm"))
@click.argument("server")
@click.option("--no-browser", is_flag=True, help="Only print the address, for a browser elsewhere on this computer.")
@data_dir_option
def sign_in_command(server: str, data_dir: Path | None, *, no_browser: bool) -> None:
    """Sign in to the MCP server SERVER, in your browser."""
    with connect(data_dir, running_only=True) as deskhand:
        page = deskhand.call("POST", address(server, "/sign-in"))["url"]
        if page:
            click.echo("Open this address in your browser:")
            say(page)
            if not no_browser:
                import webbrowser

                with hidden_secrets():
                    webbrowser.open(page)
            wait_signed_in(deskhand.call, server)
    say(f"Signed in to {server}.")


@click.command("sign-out", epilog=example("deskhand tools sign-out crm"))
@click.argument("server")
@yes_option
@data_dir_option
def sign_out_command(server: str, data_dir: Path | None, *, yes: bool) -> None:
    """Forget the sign-in at the MCP server SERVER."""
    confirm("Its tokens and Deskhand's registration there are deleted.", yes=yes)
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("DELETE", address(server, "/sign-in"))
    say(f"Signed out of {server}.")
