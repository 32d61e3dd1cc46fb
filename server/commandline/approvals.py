"""`deskhand approvals`: what waits for the person's word, for a computer without a screen."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from server.commandline.client import ask
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.cli import data_dir_option, example, json_option, print_json, say, say_time

id_argument = click.argument("question_id", metavar="ID")


@click.group(epilog=example("deskhand approvals list"))
def approvals() -> None:
    """List and answer approval requests."""


@approvals.command("list", epilog=example("deskhand approvals list --json"))
@json_option
@data_dir_option
def list_approvals(data_dir: Path | None, *, as_json: bool) -> None:
    """List pending requests, oldest first, with exactly what each would do."""
    requests = ask(data_dir, "GET", "/api/approvals")
    if as_json:
        print_json(requests)
    elif not requests:
        say("No pending requests.")
    else:
        for question in requests:
            show(question)


def show(question: dict[str, Any]) -> None:
    """Print a question, word for word."""
    say(f"{question['id']}  {question['client']} wants to {question['sentence']}")
    for field in question["fields"]:
        first, *others = field["value"].splitlines() or [""]
        say(f"    {field['name']}: {first}")
        for line in others:
            say(f"        {line}")
    code = " --code NNNN" if question["wants_code"] else ""
    say(f"    Approve: deskhand approvals approve {question['id']}{code}   Deny: deskhand approvals deny {question['id']}")
    if further := question["extents"][1:]:
        say(f"    Approve more than this request: --for {' or '.join(further)}")
    if question["expires_at"]:
        say(f"    Expires {say_time(question['expires_at'])}.")


class DurationChoice(click.Choice[str]):
    """Choice that accepts former names too."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(ApprovalDuration("quarter").value if value == "quarter" else value, param, ctx)


@approvals.command(epilog=example("deskhand approvals approve call-3f9a21 --for recipients"))
@id_argument
@click.option("--code", metavar="NNNN", help="The 4-digit code that the browser shows, for a sign-in.")
@click.option(
    "--for",
    "extent",
    type=DurationChoice([extent.value for extent in ApprovalDuration]),
    default=ApprovalDuration.once.value,
    show_default=True,
    help="What to approve: this request, similar ones for 15 minutes, these recipients, or always.",
)
@data_dir_option
def approve(question_id: str, code: str | None, extent: str, data_dir: Path | None) -> None:
    """Approve a request."""
    path, order = f"/api/approvals/{quote(question_id, safe='')}/approve", {"extent": extent, "code": code}
    answer = ask(data_dir, "POST", path, order, running_only=True)
    say(answer["message"])


@approvals.command(epilog=example("deskhand approvals deny call-3f9a21 --reason 'Not to him.'"))
@id_argument
@click.option("--reason", default="", metavar="TEXT", help="A reason, which the client will see.")
@data_dir_option
def deny(question_id: str, reason: str, data_dir: Path | None) -> None:
    """Deny a request."""
    answer = ask(data_dir, "POST", f"/api/approvals/{quote(question_id, safe='')}/deny", {"reason": reason}, running_only=True)
    say(answer["message"])
