"""`deskhand chats`: the secret of conversations that are delivered by webhook."""

from pathlib import Path
from typing import Any

import click

from server.sdk.cli import confirm, connect, data_dir_option, example, json_option, read_secret, say, say_time, show, yes_option


@click.group(epilog=example("deskhand chats webhook"))
def chats() -> None:
    """Accept conversations and messages from other services."""


def describe(state: dict[str, Any]) -> list[str]:
    """Describe whether deliveries are accepted."""
    if not state["secret_is_set"]:
        return [f"{state['path']}: no secret is set, so every delivery is refused."]
    until = state["previous_until"]
    return [f"{state['path']}: signed deliveries are accepted."] + (
        [f"The previous secret works until {say_time(until)}."] if until else []
    )


@chats.command("webhook", epilog=example("deskhand chats webhook --json"))
@json_option
@data_dir_option
def webhook_command(data_dir: Path | None, *, as_json: bool) -> None:
    """Show whether deliveries are accepted."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", "/api/chats/webhook"), describe, as_json=as_json)


@chats.command("webhook-secret", epilog=example("deskhand chats webhook-secret < secret.txt"))
@click.option("--remove", is_flag=True, help="Refuse every delivery from now on.")
@yes_option
@data_dir_option
def secret_command(data_dir: Path | None, *, remove: bool, yes: bool) -> None:
    """Set the signing secret of deliveries; it is typed unseen or comes from stdin, never as an argument."""
    if remove:
        confirm("Deliveries are refused until there is another secret.", yes=yes)
    secret = None if remove else read_secret("signing secret")
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("PUT", "/api/chats/webhook/secret", {"secret": secret})
    say("Secret removed. Deliveries are refused." if remove else "Secret saved. A previous secret works for another day.")
