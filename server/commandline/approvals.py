"""`deskhand approvals`: what waits for the person's word, for a computer without a screen."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from server.commandline.client import ask, connect
from server.core.command import format_command
from server.core.errors import NotFound
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.cli import data_dir_option, example, json_option, print_json, say, say_field, say_time

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
        say_field(field["name"], field["value"])
    if question["must_open"]:
        say(f"    Not all of it can be shown here. Read it in full first: {format_command('approvals show')} {question['id']}")
    for entry in question["form"]:
        say_field(f"--value {entry['name']}=…", describe_form_field(entry))
    code = " --code NNNN" if question["wants_code"] else ""
    yes, no = (f"{format_command(f'approvals {word}')} {question['id']}" for word in ("approve", "deny"))
    say(f"    Approve: {yes}{code}   Deny: {no}")
    if further := question["extents"][1:]:
        say(f"    Approve more than this request: --for {' or '.join(further)}")
    if question["expires_at"]:
        say(f"    Expires {say_time(question['expires_at'])}.")


def describe_form_field(entry: dict[str, Any]) -> str:
    """Describe a value that is sent with an approval."""
    choices = " or ".join(choice["value"] for choice in entry["choices"]) or {"boolean": "true or false"}.get(entry["kind"], "")
    parts = (entry["label"], entry["description"], choices, f"default: {entry['default']}" if entry["default"] else "")
    return "; ".join(filter(None, (*parts, "" if entry["required"] else "optional")))


@approvals.command("show", epilog=example("deskhand approvals show call-3f9a21"))
@id_argument
@data_dir_option
def show_approval(question_id: str, data_dir: Path | None) -> None:
    """Show one of them, and in full what the list cannot show completely."""
    question = next((entry for entry in ask(data_dir, "GET", "/api/approvals") if entry["id"] == question_id), None)
    if question is None:
        raise NotFound(f"There is no pending request with this ID. `{format_command('approvals list')}` shows them.")
    show(question | {"must_open": False})
    if question["must_open"]:
        answer = ask(data_dir, "POST", f"/api/approvals/{quote(question_id, safe='')}/open", running_only=True)
        say("    In full:")
        for line in answer["text"].split("\n"):
            say(f"        {line}")


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
@click.option("--value", "values", multiple=True, metavar="NAME=VALUE", help="A value that the request asks for.")
@data_dir_option
def approve(question_id: str, code: str | None, extent: str, values: tuple[str, ...], data_dir: Path | None) -> None:
    """Approve a request."""
    path, entered = f"/api/approvals/{quote(question_id, safe='')}/approve", dict(pair.partition("=")[::2] for pair in values)
    order = {"extent": extent, "code": code, "values": entered}
    with connect(data_dir, running_only=True) as deskhand:
        question = next((item for item in deskhand.call("GET", "/api/approvals") if item["id"] == question_id), None)
        answer = deskhand.call("POST", path, order)
    say(answer["message"])
    if extent == ApprovalDuration.always and question and question["always"]:
        say(question["always"], err=True)


@approvals.command(epilog=example("deskhand approvals deny call-3f9a21 --reason 'Not to him.'"))
@id_argument
@click.option("--reason", default="", metavar="TEXT", help="A reason, which the client will see.")
@data_dir_option
def deny(question_id: str, reason: str, data_dir: Path | None) -> None:
    """Deny a request."""
    answer = ask(data_dir, "POST", f"/api/approvals/{quote(question_id, safe='')}/deny", {"reason": reason}, running_only=True)
    say(answer["message"])
